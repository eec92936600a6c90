//! Files that give no text, and where diagnostics say that files lie: nothing hangs, and every format has the reasons.

use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{run, shop};

/// The shop with a pipe, bytes, a large file, and links that lead nowhere, to themselves and back.
fn broken() -> TempDir {
    let folder = shop();
    let at = |name: &str| folder.path().join("shop").join(name);
    let made = Command::new("mkfifo").arg(at("pipe.yaml")).status().unwrap();
    assert!(made.success());
    std::fs::write(at("latin.yaml"), b"# one\n# two \xe4\n").unwrap();
    std::fs::write(at("wide.yaml"), b"\xff\xfea\0:\0").unwrap();
    std::fs::write(at("huge.yaml"), "#".repeat(4 * 1024 * 1024 + 1)).unwrap();
    symlink("nowhere.yaml", at("gone.yaml")).unwrap();
    symlink("itself.yaml", at("itself.yaml")).unwrap();
    std::fs::create_dir(at("sub")).unwrap();
    symlink("..", at("sub/loop")).unwrap();
    folder
}

/// File, code and what was found, as the JSON has them.
fn found(json: &str) -> Vec<(String, String, String)> {
    let told: Value = serde_json::from_str(json).unwrap();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = told.as_array().unwrap().iter();
    all.map(|one| (text(one, "file"), text(one, "code"), text(one, "found")))
        .collect()
}

#[test]
fn what_gives_no_text_is_told_in_every_format_and_nothing_waits_for_it() {
    let folder = broken();
    let ran = run(&folder, &["check", "shop", "--format", "json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    let told = found(&ran.stdout);
    for (file, code, said) in [
        ("shop/pipe.yaml", "TG0080", "a named pipe"),
        ("shop/latin.yaml", "TG0080", "the byte 0xe4 in line 2"),
        ("shop/wide.yaml", "TG0080", "UTF-16"),
        ("shop/huge.yaml", "TG0002", "4194305 bytes"),
        ("shop/gone.yaml", "TG0080", "No such file"),
        ("shop/itself.yaml", "TG0080", "symbolic links"),
        ("shop/sub/loop", "TG0080", "a link to the estate's own folder"),
    ] {
        let one = told.iter().find(|one| one.0 == file);
        assert!(
            one.is_some_and(|one| one.1 == code && one.2.contains(said)),
            "{file}: {told:#?}"
        );
    }
    assert!(
        told.iter().all(|one| one.1 != "TG0011"),
        "a loop is read once: {told:#?}"
    );
    let human = run(&folder, &["check", "shop"]);
    assert_eq!(human.code, Some(1));
    assert!(human.stdout.contains("--> shop/pipe.yaml"), "{}", human.stdout);
    let sarif = run(&folder, &["check", "shop", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&sarif.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), told.len());
    let who = run(&folder, &["who", "checkout", "--in", "shop"]);
    assert_eq!(who.code, Some(1));
    assert!(who.stderr.contains("error[TG0080]"), "{}", who.stderr);
}

#[test]
fn diagnostics_name_files_from_the_working_directory() {
    let folder = shop();
    super::write(
        &folder,
        "deep/er/shop",
        &super::SHOP.replacen("owner: checkout-team", "owner: nobody", 1),
    );
    let first = |arguments: &[&str]| {
        let ran = run(&folder, arguments);
        let log: Value = serde_json::from_str(&ran.stdout).unwrap();
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        place["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    let expected = "deep/er/shop/tidegate.yaml";
    assert_eq!(first(&["check", "deep/er/shop", "--format", "sarif"]), expected);
    assert_eq!(first(&["check", "./deep/er/shop/", "--format", "sarif"]), expected);
    let whole = folder.path().canonicalize().unwrap().join("deep/er/shop");
    assert_eq!(
        first(&["check", &whole.to_string_lossy(), "--format", "sarif"]),
        expected
    );
    let human = run(&folder, &["check", "deep/er/shop"]);
    assert!(human.stdout.contains(&format!("--> {expected}:")), "{}", human.stdout);
}
