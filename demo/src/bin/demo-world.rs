//! The demo's programs under one name: `demo-world shop --side old ...`.

fn main() {
    std::process::exit(tidegate_demo::run(std::env::args().skip(1).collect()));
}
