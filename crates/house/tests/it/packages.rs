//! `./ci/test` installs every program that a test starts.

use std::collections::BTreeSet;

use crate::breach::{Breach, none};
use crate::scan::{closing, line_of};
use crate::source::Source;
use crate::tree::tree;

const SCRIPT: &str = "ci/test";

/// A program that tests may start, and the Debian packages it takes; none when every Debian has it.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("cargo", &[]),
    ("sh", &[]),
    ("bash", &[]),
    ("env", &[]),
    ("true", &[]),
    ("mkfifo", &[]),
    ("cc", &["build-essential"]),
    ("cmake", &["cmake"]),
    ("fish", &["fish"]),
    ("zsh", &["zsh"]),
    ("chromedriver", &["chromium-driver"]),
    ("chromium", &["chromium"]),
    ("curl", &["curl"]),
    ("git", &["git"]),
    ("createdb", &["postgresql"]),
    ("mariadb", &["mariadb-server"]),
    ("mariadb-install-db", &["mariadb-server"]),
    ("mariadbd", &["mariadb-server"]),
    ("initdb", &["postgresql"]),
    ("pg_ctl", &["postgresql"]),
    ("postgres", &["postgresql"]),
    ("psql", &["postgresql"]),
    // Comes with npm, which the script asks for where there is none.
    ("node", &[]),
    ("kill", &["procps"]),
    ("pgrep", &["procps"]),
    ("ps", &["procps"]),
    ("flock", &["util-linux"]),
    ("mount", &["mount"]),
    ("prlimit", &["util-linux"]),
    ("setpriv", &["util-linux"]),
    ("setsid", &["util-linux"]),
    ("unshare", &["util-linux"]),
    // Its SMTP server is the sink that pages are sent to; what others wrote against APIs lives in an environment of its own.
    ("python3", &["python3-aiosmtpd", "python3-venv"]),
];

/// Files that start what they are given; each program given stands there or elsewhere as a literal of its own.
const GIVEN: &[(&str, &str)] = &[(
    "crates/tidegate/tests/it/world.rs",
    "our own program, or the one through which a test wants it started",
)];

/// How our own programs are started.
const OURS: &[&str] = &["env!(", "current_exe()"];

#[test]
fn what_tests_start_is_what_the_script_installs() {
    let script = &tree().file(SCRIPT).expect("the test command is there").text;
    let installed = installed(script);
    let mut breaches = Vec::new();
    // Its own table names every program.
    for source in tree().sources.iter().filter(|source| !source.path.ends_with(file!())) {
        for (line, program) in started(source) {
            match program.as_deref().map(|program| (program, needs(program))) {
                None if GIVEN.iter().any(|row| row.0 == source.path) => {}
                None => breaches.push(Breach::new(
                    &source.path,
                    line,
                    "starts a program that cannot be told from the text",
                )),
                Some((program, None)) => {
                    breaches.push(Breach::new(
                        &source.path,
                        line,
                        format!("starts `{program}`, of no known package"),
                    ));
                }
                Some((program, Some(packages))) => {
                    let missing = packages.iter().filter(|package| !installed.contains(**package));
                    breaches.extend(missing.map(|package| {
                        Breach::new(SCRIPT, 0, format!("does not install {package}, which has `{program}`"))
                    }));
                }
            }
        }
    }
    none("the test command installs what tests start", breaches);
}

fn needs(program: &str) -> Option<&'static [&'static str]> {
    let name = program.rsplit('/').next().unwrap_or(program);
    PROGRAMS.iter().find(|row| row.0 == name).map(|row| row.1)
}

/// The words of `packages=(...)`.
fn installed(script: &str) -> BTreeSet<&str> {
    let list = script
        .split_once("packages=(")
        .and_then(|(_, rest)| rest.split_once(')'));
    list.expect("the script has a list of packages")
        .0
        .split_whitespace()
        .collect()
}

/// Lines of test code that start a program, with its name where the text tells it.
///
/// Also seen: a literal that is just the name of a known program, for programs found by looking along a path.
fn started(source: &Source) -> Vec<(usize, Option<String>)> {
    let code = &source.parts.code;
    let mut started = Vec::new();
    for (at, call) in code.match_indices("Command::new(") {
        let open = at + call.len() - 1;
        let argument = open + 1..closing(code, open) - 1;
        if !is_for_tests(source, at) || OURS.iter().any(|ours| code[argument.clone()].contains(ours)) {
            continue;
        }
        let name = match literal(source, argument.clone()) {
            Some(name) => Some(name),
            None => constant(source, code[argument].trim()),
        };
        if name.as_deref() != Some("") {
            started.push((source.line(at), name));
        }
    }
    for (name, packages) in PROGRAMS {
        let quoted = format!("\"{name}\"");
        let literals = source
            .text
            .match_indices(&quoted)
            .filter(|(at, _)| is_for_tests(source, *at));
        let named =
            literals.filter(|(at, _)| source.parts.literals[at + 1..].starts_with(name) && !packages.is_empty());
        started.extend(named.map(|(at, _)| (line_of(&source.text, at), Some((*name).to_owned()))));
    }
    started
}

/// Tests, and what starts servers for them.
fn is_for_tests(source: &Source, at: usize) -> bool {
    source.is_test(at) || source.home() == "crates/servers"
}

fn literal(source: &Source, range: std::ops::Range<usize>) -> Option<String> {
    let text = source.parts.literals[range].trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The text of `const NAME` in any file of the same crate; empty when it is one of our own programs.
fn constant(source: &Source, name: &str) -> Option<String> {
    let name = name.rsplit("::").next().unwrap_or(name);
    let declared = format!("const {name}: &str =");
    let near = tree().sources.iter().filter(|other| other.home() == source.home());
    near.into_iter().find_map(|other| {
        let from = other.parts.code.find(&declared)? + declared.len();
        let to = from + other.parts.code[from..].find(';')?;
        if OURS.iter().any(|ours| other.parts.code[from..to].contains(ours)) {
            return Some(String::new());
        }
        literal(other, from..to)
    })
}

#[test]
fn programs_are_found_in_test_code() {
    let names = |text: &str| -> Vec<Option<String>> {
        started(&Source::new("crates/x/tests/it/a.rs", text))
            .into_iter()
            .map(|(_, name)| name)
            .collect()
    };
    assert_eq!(names("Command::new(\"sh\")"), [Some("sh".to_owned())]);
    assert_eq!(names("Command::new(which)"), [None]);
    assert_eq!(names("Command::new(env!(\"CARGO_BIN_EXE_x\"))"), []);
    assert_eq!(
        names("let path = folder.join(\"initdb\");"),
        [Some("initdb".to_owned())]
    );
    assert_eq!(
        installed("packages=(one two)\n").into_iter().collect::<Vec<_>>(),
        ["one", "two"]
    );
}
