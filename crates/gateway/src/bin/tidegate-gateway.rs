//! The gateway by itself: `tidegate-gateway gateway --config FILE`, as the supervisor starts the whole program.

fn main() -> std::process::ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let code = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["gateway", "--config", file] => tidegate_gateway::run(std::path::Path::new(file)),
        _ => {
            eprintln!("error[gateway-config]: `gateway --config FILE` was expected");
            tidegate_gateway::run::EXIT_CONFIG
        }
    };
    std::process::ExitCode::from(u8::try_from(code).unwrap_or(1))
}
