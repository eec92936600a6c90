//! `tidegate map` and `tidegate risks`: every form of the same estate, and what they say of one that cannot be read.

use super::{run, shop, write};

#[test]
fn each_form_of_the_map_and_the_risks_is_of_the_same_estate() {
    let folder = shop();
    let told = |arguments: &[&str]| run(&folder, arguments).fine();
    assert!(told(&["map", "shop"]).starts_with("6 gaps\n  nobody           unit `blog`"));
    assert!(told(&["map", "shop", "--format", "svg"]).starts_with("<svg xmlns="));
    assert!(told(&["map", "shop", "--format", "mermaid"]).starts_with("flowchart LR\n"));
    let json: serde_json::Value = serde_json::from_str(&told(&["map", "shop", "--json"])).unwrap();
    assert_eq!(json["gaps"].as_array().unwrap().len(), 6);
    assert!(told(&["risks", "shop"]).contains("gap: no signal that reads data notices it"));
    assert!(told(&["risks", "shop", "--format", "svg"]).contains("Risk matrix: 3 failure modes, 1 with a gap"));
    let json: serde_json::Value = serde_json::from_str(&told(&["risks", "shop", "--json"])).unwrap();
    assert_eq!(json["risks"][0]["guard"], "person");
}

#[test]
fn an_estate_with_errors_is_told_and_not_drawn() {
    let folder = shop();
    write(
        &folder,
        "shop",
        &super::SHOP.replace("owner: platform, ladder", "ladder"),
    );
    for command in ["map", "risks"] {
        let ran = run(&folder, &[command, "shop"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
        assert!(ran.stderr.contains("error[TG"), "{ran:?}");
    }
}
