//! Links, there and back. The trials open a link that was made once and must always read.

use planner::request::Change;

use super::*;

fn link() -> Link {
    let request = Request {
        schema: "CREATE TABLE t (id int PRIMARY KEY, \u{fc} text)".to_owned(),
        change: Change::Statements("ALTER TABLE t RENAME COLUMN \u{fc} TO b".to_owned()),
        ..Request::default()
    };
    let edits = vec![Edit::Remove { step: "2.1".to_owned() }];
    let search = Search { edits, ..Search::default() };
    let from = Origin::Walk {
        subject: Subject::AsAsked,
        seed: 99_999,
        moves: vec![Move::Step, Move::Take("R1.2: crashes".to_owned()), Move::RollBack],
    };
    let run = Run { from, at: 2, said: "R1.2 crashes".to_owned() };
    let lesson = Some(From::Course("rename".to_owned()));
    let traffic = Some(Setting { connections: 40, ..Setting::default() });
    Link { request, tab: Tab::Play, run: Some(run), search: Some(search), traffic, lesson }
}

#[test]
fn what_is_packed_comes_back() {
    let packed = link().pack().expect("packs");
    assert!(packed.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{packed}");
    assert_eq!(Link::unpack(&packed), Ok(link()));
    let cell = Some(CellAt::WayBack { step: "1.1".to_owned() });
    let from = Origin::Found { search: Search::default(), cell };
    let found = Link { run: Some(Run { from, at: 0, said: String::new() }), ..link() };
    assert_eq!(Link::unpack(&found.pack().expect("packs")), Ok(found));
}

#[test]
fn what_is_no_link_is_refused_in_words() {
    let refused = |text: &str| Link::unpack(text).expect_err(text);
    let packed = link().pack().expect("packs");
    assert!(refused(&packed[..packed.len() / 2]).contains("cut off"));
    assert!(refused("d1.!!").contains("damaged"));
    assert!(refused("d2.AAAA").contains("newer page"));
    assert!(refused("result").contains("does not begin"));
    let json = br#"{"tab":"somewhere"}"#;
    let odd = VERSION.to_owned() + &URL_SAFE_NO_PAD.encode(compress_to_vec(json, LEVEL));
    assert!(refused(&odd).contains("somewhere"));
}

#[test]
fn a_link_that_claims_to_be_huge_is_not_unpacked() {
    let bomb = compress_to_vec(&vec![b' '; BYTES_MAX + 1], LEVEL);
    assert!(Link::unpack(&(VERSION.to_owned() + &URL_SAFE_NO_PAD.encode(bomb))).is_err());
}

#[test]
fn fields_that_a_link_lacks_have_defaults() {
    let packed = VERSION.to_owned() + &URL_SAFE_NO_PAD.encode(compress_to_vec(b"{}", LEVEL));
    assert_eq!(Link::unpack(&packed), Ok(Link::default()));
}
