//! MariaDB and MySQL: one read-only transaction with time-outs; rows stream in by the binary protocol.

use std::net::IpAddr;

use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Column, Conn, Error, Opts, OptsBuilder, Value as Raw};

use super::Limits;
use super::cell::Cell;
use super::fault::SourceFault;
use super::rows::Rows;

/// Everything that would change what a value looks like or let us stand in somebody's way.
const PINNED: [&str; 3] = [
    "SET NAMES utf8mb4",
    "SET SESSION time_zone = '+00:00', sql_mode = '', innodb_lock_wait_timeout = 1, lock_wait_timeout = 1",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
];

/// The words a statement that only reads can begin with.
const READING: [&str; 4] = ["SELECT", "WITH", "VALUES", "TABLE"];

/// The number of the character set that says a text is bytes.
const BINARY: u16 = 63;

/// What the protocol needs beside a row, in bytes.
const PACKET_BESIDES: usize = 64 * 1024;

/// Error numbers of a statement that took too long: interrupted, and the longest time of MariaDB and of MySQL.
const TOO_LONG: [u16; 3] = [1317, 1969, 3024];
/// Error numbers of somebody else's lock: lock wait, deadlock.
const LOCKED: [u16; 2] = [1205, 1213];
/// Writing in a transaction or on a server that only reads.
const WRITES: [u16; 2] = [1792, 1290];
/// A setting the server does not know.
const NO_SUCH_SETTING: u16 = 1193;
/// Error numbers whose words are about names, rights and syntax: rights (1044, 1045, 1142, 1143, 1227, 1370, 1698),
/// databases, tables and columns (1049, 1146, 1054, 1052, 1051), syntax (1064, 1149), functions (1305), and a server that
/// takes nobody in (1040, 1053, 1129, 1130).
const SAFE_WORDS: [u16; 19] = [
    1044, 1045, 1142, 1143, 1227, 1370, 1698, 1049, 1146, 1054, 1052, 1051, 1064, 1149, 1305, 1040, 1053, 1129, 1130,
];

/// The address in the driver's words, when it is one of MariaDB or MySQL.
pub(crate) fn address(address: &str) -> Option<String> {
    let rest = address
        .strip_prefix("mysql://")
        .or_else(|| address.strip_prefix("mariadb://"))?;
    let address = format!("mysql://{rest}");
    Opts::from_url(&address).is_ok().then_some(address)
}

pub(crate) async fn ask<T: Rows>(address: &str, query: &str, limits: &Limits) -> Result<T, SourceFault> {
    let fault = |error: Error| of(&error, limits);
    let opts = Opts::from_url(address).map_err(|_| SourceFault::Address)?;
    verify(address, &opts)?;
    if !reads(query) {
        return Err(SourceFault::NotAQuery);
    }
    let opts = OptsBuilder::from_opts(opts)
        .stmt_cache_size(0_usize)
        // A socket that the server names is another way in, with other rights.
        .prefer_socket(false)
        .max_allowed_packet(Some(limits.row_bytes_max.saturating_add(PACKET_BESIDES)));
    let mut conn = Conn::new(opts).await.map_err(fault)?;
    for setting in PINNED {
        conn.query_drop(setting).await.map_err(fault)?;
    }
    bound(&mut conn, limits).await?;
    let answer = answer(&mut conn, query, limits).await?;
    conn.disconnect().await.map_err(fault)?;
    Ok(answer)
}

/// The statement ends on the server too: MariaDB counts seconds, MySQL milliseconds.
async fn bound(conn: &mut Conn, limits: &Limits) -> Result<(), SourceFault> {
    let millis = limits.answer_within.as_millis().max(1);
    let seconds = limits.answer_within.as_secs_f64().max(0.001);
    match conn
        .query_drop(format!("SET SESSION max_statement_time = {seconds:.3}"))
        .await
    {
        Err(Error::Server(said)) if said.code == NO_SUCH_SETTING => conn
            .query_drop(format!("SET SESSION max_execution_time = {millis}"))
            .await
            .map_err(|error| of(&error, limits)),
        set => set.map_err(|error| of(&error, limits)),
    }
}

async fn answer<T: Rows>(conn: &mut Conn, query: &str, limits: &Limits) -> Result<T, SourceFault> {
    let fault = |error: Error| of(&error, limits);
    // Only one statement can be prepared, so that nothing can end the transaction and go on.
    let asked = conn.prep(query.trim_end().trim_end_matches(';')).await.map_err(fault)?;
    if asked.num_params() > 0 {
        return Err(SourceFault::OneStatement);
    }
    if asked.num_columns() == 0 {
        return Err(SourceFault::NotAQuery);
    }
    let mut rows = conn.exec_iter(&asked, ()).await.map_err(fault)?;
    let shapes: Vec<Shape> = rows.columns_ref().iter().map(Shape::of).collect();
    let mut answer = T::default();
    answer.begin(shapes.len());
    while let Some(row) = rows.next().await.map_err(fault)? {
        let cells: Vec<Cell> = shapes
            .iter()
            .zip(row.unwrap())
            .map(|(shape, raw)| shape.read(raw))
            .collect::<Result<_, _>>()?;
        answer.take(limits, cells.iter().map(|cell| Ok(cell.value())))?;
    }
    Ok(answer)
}

/// Nothing crosses a network unprotected unless the address asks for that in so many words.
fn verify(address: &str, opts: &Opts) -> Result<(), SourceFault> {
    let is_asked_for = address
        .split_once('?')
        .is_some_and(|(_, options)| options.split('&').any(|option| option == "require_ssl=false"));
    let host = opts.ip_or_hostname().trim_start_matches('[').trim_end_matches(']');
    let is_local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let stays_here = opts.socket().is_some() || is_local;
    if stays_here || opts.ssl_opts().is_some() || is_asked_for {
        return Ok(());
    }
    Err(SourceFault::Unprotected {
        whom: "MariaDB or MySQL",
        say: "require_ssl=false",
    })
}

/// Whether a statement begins like one that only reads. A transaction that only reads stops what begins so and writes.
fn reads(query: &str) -> bool {
    let mut rest = query.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    loop {
        let after = if rest.starts_with('#') || rest.starts_with("--") {
            rest.split_once('\n').map(|(_, after)| after)
        } else if rest.starts_with("/*") && !rest.starts_with("/*!") && !rest.starts_with("/*M!") {
            rest.split_once("*/").map(|(_, after)| after)
        } else {
            break;
        };
        let Some(after) = after else { return false };
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    }
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    READING.iter().any(|reading| word.eq_ignore_ascii_case(reading))
}

/// How a column's values are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Exact,
    Bits,
    Day,
    Local,
    Instant,
    Words,
    Bytes,
}

impl Shape {
    fn of(column: &Column) -> Self {
        let is_choice = column
            .flags()
            .intersects(ColumnFlags::ENUM_FLAG | ColumnFlags::SET_FLAG);
        let is = |kinds: &[ColumnType]| kinds.contains(&column.column_type());
        if is(&[ColumnType::MYSQL_TYPE_DECIMAL, ColumnType::MYSQL_TYPE_NEWDECIMAL]) {
            Self::Exact
        } else if is(&[ColumnType::MYSQL_TYPE_BIT]) {
            Self::Bits
        } else if is(&[ColumnType::MYSQL_TYPE_DATE, ColumnType::MYSQL_TYPE_NEWDATE]) {
            Self::Day
        } else if is(&[ColumnType::MYSQL_TYPE_TIMESTAMP, ColumnType::MYSQL_TYPE_TIMESTAMP2]) {
            Self::Instant
        } else if is(&[ColumnType::MYSQL_TYPE_DATETIME, ColumnType::MYSQL_TYPE_DATETIME2]) {
            Self::Local
        } else if column.character_set() == BINARY && !is_choice {
            Self::Bytes
        } else {
            Self::Words
        }
    }

    fn read(self, raw: Raw) -> Result<Cell, SourceFault> {
        Ok(match raw {
            Raw::NULL => Cell::Null,
            Raw::Int(number) => Cell::Integer(number),
            Raw::UInt(number) => Cell::Unsigned(number),
            Raw::Double(number) => Cell::Real(number),
            // By its own shortest digits, as the other databases show it.
            Raw::Float(number) => Cell::Real(number.to_string().parse().map_err(|_| SourceFault::NotFinite)?),
            Raw::Date(year, month, day, hour, minute, second, micros) => {
                let date = format!("{year:04}-{month:02}-{day:02}");
                let clock = clock(u32::from(hour), minute, second, micros);
                Cell::Text(
                    match self {
                        Self::Day => date,
                        Self::Instant => format!("{date} {clock}+00"),
                        Self::Exact | Self::Bits | Self::Local | Self::Words | Self::Bytes => format!("{date} {clock}"),
                    }
                    .into_bytes(),
                )
            }
            Raw::Time(is_negative, days, hours, minutes, seconds, micros) => {
                let clock = clock(days * 24 + u32::from(hours), minutes, seconds, micros);
                Cell::Text(if is_negative { format!("-{clock}") } else { clock }.into_bytes())
            }
            Raw::Bytes(bytes) => match self {
                Self::Exact => Cell::Decimal(String::from_utf8(bytes).map_err(|_| SourceFault::NotText)?),
                Self::Bits => Cell::Unsigned(bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte))),
                Self::Bytes => Cell::Bytes(bytes),
                Self::Day | Self::Local | Self::Instant | Self::Words => Cell::Text(bytes),
            },
        })
    }
}

/// A time of day as PostgreSQL writes it: no zeros at the end of a fraction.
fn clock(hours: u32, minutes: u8, seconds: u8, micros: u32) -> String {
    let whole = format!("{hours:02}:{minutes:02}:{seconds:02}");
    if micros == 0 {
        return whole;
    }
    let fraction = format!("{micros:06}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

fn of(error: &Error, limits: &Limits) -> SourceFault {
    match error {
        Error::Server(said) if TOO_LONG.contains(&said.code) => SourceFault::TimeOut {
            limit: limits.answer_within,
        },
        Error::Server(said) if LOCKED.contains(&said.code) => SourceFault::Locked,
        Error::Server(said) if WRITES.contains(&said.code) => SourceFault::NotAQuery,
        Error::Server(said) if SAFE_WORDS.contains(&said.code) => {
            SourceFault::refused(&format!("{} ({})", said.message, said.code))
        }
        Error::Server(said) => SourceFault::Failed {
            code: said.code.to_string(),
        },
        Error::Url(_) => SourceFault::Address,
        // The driver reads no longer packet than it was told to.
        Error::Io(error) if error.to_string().contains("max_allowed_packet") => SourceFault::RowTooLong {
            limit: limits.row_bytes_max,
        },
        Error::Driver(_) | Error::Io(_) | Error::Other(_) => SourceFault::Connection { why: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_reading_is_asked_and_nothing_else() {
        for query in [
            "select 1",
            " ( SELECT 1)",
            "-- why\nWITH a AS (SELECT 1) SELECT 2",
            "/* b */ # c\nTABLE t",
        ] {
            assert!(reads(query), "{query}");
        }
        for query in [
            "OPTIMIZE TABLE t",
            "/*! DELETE */ SELECT 1",
            "SELECTED",
            "",
            "-- SELECT 1",
            "CALL p()",
            "/* SELECT",
        ] {
            assert!(!reads(query), "{query}");
        }
    }

    #[test]
    fn an_address_of_either_name_is_one() {
        assert_eq!(address("mariadb://u@h/d"), Some("mysql://u@h/d".to_owned()));
        assert!(address("mysql://u:p@h:3306/d?require_ssl=false").is_some());
        for none in ["mysql://h:port/d", "mysql://u@h/d?no=option", "mysqlx://h/d"] {
            assert_eq!(address(none), None, "{none}");
        }
    }
}
