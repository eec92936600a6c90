//! Chooses the program that the first argument names and runs it to its end.

use crate::{erp, fault::Fault, feed, mail, oncall, pay, shop, shoppers};

/// Exit code of a program that was told to stop.
const EXIT_STOPPED: i32 = 0;
/// Exit code of a program that the world failed (port taken, database refused).
const EXIT_FAULT: i32 = 1;
/// Exit code of a command line that cannot be understood.
const EXIT_USAGE: i32 = 2;

const USAGE: &str = "\
usage: <program> [flags]; every program stops when its standard input closes
  shop      --side old|new --port P --db FILE --pay URL --pay-secret S [--callback URL] [--products 1000] [--seed N]
            [--switches URL --switches-key K] [--price-fault 1%] [--wallet-fault] [--canonical-fault] [--admin-key K]
            [--repair-from URL] [--public URL]
  pay       --port P --secret S --ledger FILE [--callback URL] [--delay-ms 120] [--seed N]
  erp       --port P --db FILE --admin-key K [--failing 3%] [--slow 8%] [--slow-ms 1200] [--seed N]
  feed      --port P --db FILE --shop URL ... --erp URL --erp-key K --sides URL --sides-key K --unit NAME --admin-key K
            [--resend-fault]
  shoppers  --gateway URL [--rate 100/s] [--seed N] [--duration S] [--control PORT] [--concurrency 400] [--crawl 10/s]
            [--verbose]
  mail      --smtp-port P --http-port P
  oncall    --mail URL --person ADDR=ignore|answer,act:NAME,approve,repair:STAGE ... [--after-ms 1500]
            [--api URL, --at STAGE=URL, --key STAGE=K and --token STAGE=T], needed by `repair:STAGE`
            or --mail URL --person ADDR --behaviour ignore|answer [--act NAME]... [--approve] [--after-ms 1500]";

/// Runs one program of the demo's world until it is told to stop and returns its exit code.
///
/// `args` starts with the program's name (`shop`, `pay`, `erp`, `feed`, `shoppers`, `mail`, `oncall`). Returns 0 after a stop, 1 when
/// the world failed, 2 when the arguments are wrong. Blocks, and starts its own asynchronous runtime: call it outside one.
#[must_use]
pub fn run(args: Vec<String>) -> i32 {
    let Some((program, rest)) = args.split_first() else {
        eprintln!("{USAGE}");
        return EXIT_USAGE;
    };
    match dispatch(program, rest) {
        Ok(()) => EXIT_STOPPED,
        Err(fault) => {
            eprintln!("{program}: {}", fault.chain());
            if fault.is_usage() {
                eprintln!("{USAGE}");
                return EXIT_USAGE;
            }
            EXIT_FAULT
        }
    }
}

fn dispatch(program: &str, rest: &[String]) -> Result<(), Fault> {
    // One thread each: the programs are small and two cores carry the whole demo.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Fault::Runtime)?;
    let outcome = match program {
        "shop" => runtime.block_on(shop::start(rest)),
        "pay" => runtime.block_on(pay::start(rest)),
        "erp" => runtime.block_on(erp::start(rest)),
        "feed" => runtime.block_on(feed::start(rest)),
        "shoppers" => runtime.block_on(shoppers::start(rest)),
        "mail" => runtime.block_on(mail::start(rest)),
        "oncall" => runtime.block_on(oncall::start(rest)),
        unknown => Err(Fault::UnknownProgram {
            program: unknown.to_owned(),
        }),
    };
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_program_or_flag_is_a_usage_error() {
        assert_eq!(run(vec![]), EXIT_USAGE);
        assert_eq!(run(vec!["bank".to_owned()]), EXIT_USAGE);
        assert_eq!(run(["pay", "--colour", "red"].map(str::to_owned).to_vec()), EXIT_USAGE);
    }
}
