//! `tidegate lint` as people start it: its exit status, and which stream says what.

use std::process::Command;

use crate::world::{PROGRAM, Process, Ran, finish};

/// A template whose only metric has this condition.
fn template(condition: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{ name: health }}\nspec:\n  metrics:\n    \
         - name: errors\n      count: 1\n      {condition}\n      provider: {{ prometheus: {{ query: errors }} }}\n"
    )
}

fn lint(folder: &std::path::Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(PROGRAM);
    command.arg("lint").args(arguments).env_clear().current_dir(folder);
    finish(Process::start(command))
}

#[test]
fn metrics_of_another_tool_are_judged_and_the_exit_status_says_how() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("loose.yaml", &template("failureCondition: result[0] >= 0.05"));
    write("strict.yaml", &template("successCondition: max(result) < 0.05"));
    write("other.yaml", "kind: Deployment\n");

    let loose = lint(folder.path(), &["--argo", "loose.yaml"]);
    assert_eq!(loose.code, Some(1), "{loose:?}");
    for words in [
        "error[argo/failure-condition-only]",
        "loose.yaml:8:",
        "1 would pass on nothing",
    ] {
        assert!(loose.stdout.contains(words), "`{words}` was not said: {loose:?}");
    }
    let json = lint(folder.path(), &["--argo", "loose.yaml", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (json.code, &told["findings"][0]["cells"][0]),
        (Some(1), &"not-a-number".into())
    );

    let strict = lint(folder.path(), &["--argo", "strict.yaml"]);
    assert_eq!(strict.code, Some(0), "{strict:?}");

    for (arguments, said) in [
        (&["--argo", "other.yaml"][..], "there is nothing to judge in this file"),
        (&["--flagger", "loose.yaml"], "give this file with `--argo`"),
        (&["--argo", "nowhere.yaml"], "cannot read `nowhere.yaml`"),
        (&["--argo", "."], "cannot read `.`"),
        (
            &["--argo", "loose.yaml", "--flagger", "loose.yaml"],
            "cannot be used with",
        ),
        (&[], "--argo <FILE>"),
    ] {
        let refused = lint(folder.path(), arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
        assert!(refused.stderr.contains(said), "`{said}` was not said: {refused:?}");
    }
    let json = lint(folder.path(), &["--argo", "other.yaml", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &told["errors"][0]["code"]), (Some(2), &"TG0005".into()));
}
