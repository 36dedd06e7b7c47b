from bot.sources.bach import NAME, catalogue


def test_the_catalogue_is_complete_and_right():
    works = {work.title: work for work in catalogue().tracks}
    assert len(works) == len(catalogue().tracks) == int(NAME.split()[1])
    first = works["Prelude and Fugue No. 1, Book I, in C major, BWV 846"]
    assert dict(first.features) == {"key": 0, "mode": 1, "year": 1722}
    last = works["Prelude and Fugue No. 24, Book II, in B minor, BWV 893"]
    assert dict(last.features) == {"key": 11, "mode": 0, "year": 1742}
    assert works["Brandenburg Concerto No. 6 in B-flat major, BWV 1051"].features["key"] == 10
    assert works["Prelude and Fugue No. 8, Book I, in D-sharp minor, BWV 853"].features["key"] == 3
    assert works["Cello Suite No. 5 in C minor, BWV 1011"].features["mode"] == 0
    assert works["Violin Solo No. 2 in B minor, BWV 1002"].features["key"] == 11
