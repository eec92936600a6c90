//! Digest and stored form of a bundle, and whose mistakes stop what.

use tidegate_plan::{Bundle, BundleError, Level, Mode, Settings, SourceFile, compile, scaffold};

use crate::{compiled, edited};

#[test]
fn the_digest_knows_no_order_but_every_byte_and_every_boundary() {
    let bundle = scaffold("shop");
    let mut turned = bundle.clone();
    turned.files.reverse();
    assert_eq!(bundle.digest(), turned.digest());
    let file = |path: &str, text: &str| SourceFile {
        path: path.into(),
        text: text.into(),
    };
    let digest = |files: &[SourceFile]| {
        Bundle {
            files: files.to_vec(),
            ..Bundle::default()
        }
        .digest()
    };
    let digests = [
        digest(&[]),
        digest(&[file("a", "bc")]),
        digest(&[file("ab", "c")]),
        digest(&[file("a", ""), file("b", "c")]),
        digest(&[file("a", "bd")]),
    ];
    for (at, one) in digests.iter().enumerate() {
        assert!(digests[at + 1..].iter().all(|other| other != one));
    }
    assert_eq!(
        digests[0],
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn a_stored_bundle_reads_back_and_a_torn_one_says_where() {
    let bundle = scaffold("shop");
    let bytes = bundle.encode();
    let read = Bundle::decode(&bytes).unwrap();
    assert_eq!(read.digest(), bundle.digest());
    assert_eq!(Bundle::decode(b"none"), Err(BundleError::Mark));
    let first_boundary = 4 + 8;
    for cut in first_boundary..bytes.len().min(400) {
        if let Ok(shorter) = Bundle::decode(&bytes[..cut]) {
            panic!("cut at {cut} reads as {} files", shorter.files.len());
        }
    }
    let mut huge = bytes.clone();
    huge[4..12].copy_from_slice(&u64::MAX.to_be_bytes());
    assert!(matches!(Bundle::decode(&huge), Err(BundleError::Torn { at: 4, .. })));
}

#[test]
fn an_adopted_estate_survives_rules_but_not_missing_parts() {
    let adopted = |bundle: &Bundle| compile(bundle, &Settings::new(), Mode::Adopted);
    let decorative = edited("plan.yaml", "margin: 30%", "margin: 1%");
    assert_eq!(compiled(&decorative).estate, None);
    let kept = adopted(&decorative);
    assert!(kept.estate.is_some());
    assert!(kept.diagnostics.iter().all(|one| one.severity == Level::Warning));
    assert!(!kept.diagnostics.is_empty());
    let unreadable = edited("plan.yaml", "        executor: platform\n", "");
    assert_eq!(adopted(&unreadable).estate, None);
}

#[test]
fn settings_replace_what_differs_from_machine_to_machine() {
    let bundle = scaffold("shop");
    let settings = Settings::from([("TIDEGATE_LISTEN".to_owned(), "127.0.0.1:7".to_owned())]);
    let given = compile(&bundle, &settings, Mode::Author).estate.unwrap();
    let default = compiled(&bundle).estate.unwrap();
    let listen = |estate: &tidegate_model::Estate| estate.edges().values().next().unwrap().listen.clone();
    assert_eq!(listen(&given), "127.0.0.1:7");
    assert_eq!(listen(&default), "127.0.0.1:8080");
    assert_eq!(given.digest(), default.digest(), "the digest is of the sources");
}
