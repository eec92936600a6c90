//! Tables as a search console exports them: days that are over, numbers, and what is no number.

use std::path::PathBuf;

use tempfile::TempDir;
use tidegate_model::ask::{CountAsk, CountQuestion, Decimal, FieldRule, FieldTest, LevelAsk, LevelQuestion, Looks};
use tidegate_model::seam::{ArmCounts, InvalidReason, Observation};
use tidegate_model::{Millis, Timestamp};
use tidegate_signals::{Asker, Source};

use crate::asking::{batched, id, one, silent, sources, stale_after, unusable};
use crate::hostile::{Hostile, Reply, answer, headed};

/// 2026-11-21, 15:00 in UTC.
const NOW: Timestamp = Timestamp(1_795_273_200_000);

const WEEK: Millis = Millis(7 * 86_400_000);

const EXPORT: &str = "\u{feff}Date,Device,Clicks,Impressions,Position\r\n\
    2026-11-21,MOBILE,1,10,3.5\r\n\
    2026-11-20,MOBILE,5,50,3.25\r\n\
    2026-11-20,DESKTOP,7,70,\"2.5\"\r\n\
    2026-11-19,MOBILE,4,40,4\r\n\
    2026-11-01,MOBILE,9,90,9\r\n";

/// A table in a folder that vanishes with it.
struct Export {
    folder: TempDir,
}

impl Export {
    fn of(text: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let export = Self { folder };
        export.write(text);
        export
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("seen.csv")
    }

    fn source(&self) -> Source {
        Source::parse(&format!("csv:{}", self.path().display())).unwrap()
    }
}

fn rows(device: &str) -> Vec<FieldTest> {
    vec![FieldTest {
        field: "Device".into(),
        is: FieldRule::OneOf(vec![device.into()]),
    }]
}

fn count_ask(rows: Vec<FieldTest>) -> CountAsk {
    let question = CountQuestion::Csv {
        rows,
        day: "Date".into(),
        all: "Impressions".into(),
        hits: "Clicks".into(),
    };
    CountAsk {
        on: id("shop"),
        question,
    }
}

fn counts(rows: Vec<FieldTest>) -> Asker {
    let looks = Looks::Batches { planned: 28 };
    Asker::counts(None, count_ask(rows), looks, stale_after(WEEK))
}

async fn count_once(text: &str) -> Observation {
    let found = counts(Vec::new()).ask(&sources(Export::of(text).source()), NOW).await;
    one(found)
}

async fn level(source: Source, rows: Vec<FieldTest>, value: &str) -> Observation {
    let question = LevelQuestion::Csv {
        rows,
        value: value.into(),
        time: "Date".into(),
    };
    let ask = LevelAsk {
        on: id("shop"),
        question,
    };
    one(Asker::level(ask, stale_after(WEEK)).ask(&sources(source), NOW).await)
}

#[tokio::test]
async fn each_day_that_is_over_is_told_once() {
    let export = Export::of(EXPORT);
    let sources = sources(export.source());
    let mut asker = counts(Vec::new());
    let day = |name: &str, n, hits| (name.to_owned(), None, ArmCounts { n, hits });
    // Neither the day that is still going on nor the one long ago.
    let told = batched(asker.ask(&sources, NOW).await);
    assert_eq!(told, [day("2026-11-19", 40, 4), day("2026-11-20", 120, 12)]);
    assert_eq!(asker.ask(&sources, NOW).await, []);
    export.write(&EXPORT.replace(",1,10,", ",2,20,"));
    assert_eq!(asker.ask(&sources, NOW.after(Millis(20 * 3_600_000))).await, []);
    let told = batched(asker.ask(&sources, NOW.after(Millis(21 * 3_600_000))).await);
    assert_eq!(told, [day("2026-11-21", 20, 2)]);
    let later = NOW.after(Millis(WEEK.0 + 3 * 86_400_000));
    assert_eq!(unusable(&one(asker.ask(&sources, later).await)), InvalidReason::Stale);
}

#[tokio::test]
async fn a_day_is_told_when_both_sides_have_it() {
    let export = Export::of(EXPORT);
    let (old, new) = (count_ask(rows("MOBILE")), count_ask(rows("DESKTOP")));
    let mut asker = Asker::counts(Some(old), new, Looks::Batches { planned: 28 }, stale_after(WEEK));
    let told = batched(asker.ask(&sources(export.source()), NOW).await);
    let (old, new) = (ArmCounts { n: 50, hits: 5 }, ArmCounts { n: 70, hits: 7 });
    assert_eq!(told, [("2026-11-20".to_owned(), Some(old), new)]);
    let missing = count_ask(rows("TABLET"));
    let mut asker = Asker::counts(
        Some(count_ask(rows("MOBILE"))),
        missing,
        Looks::Stream,
        stale_after(WEEK),
    );
    let found = one(asker.ask(&sources(export.source()), NOW).await);
    assert!(
        matches!(&found, Observation::Nothing { detail, .. } if detail == "new side: no rows"),
        "{found:?}"
    );
}

#[tokio::test]
async fn the_newest_row_that_passes_is_the_number() {
    let export = Export::of(EXPORT);
    for (device, column, value, at) in [
        // A row may have been written in its day's first minute, whether the day is over or not.
        ("MOBILE", "Position", 3_500_000, Timestamp(1_795_219_200_000)),
        ("DESKTOP", "Position", 2_500_000, Timestamp(1_795_132_800_000)),
        ("DESKTOP", "Clicks", 7_000_000, Timestamp(1_795_132_800_000)),
    ] {
        let found = level(export.source(), rows(device), column).await;
        let value = Decimal(value);
        assert_eq!(found, Observation::Level { at, value }, "{device} {column}");
    }
    let none = level(export.source(), rows("TABLET"), "Position").await;
    assert!(matches!(none, Observation::Nothing { .. }), "{none:?}");
    let two = EXPORT.replace("2026-11-20,DESKTOP", "2026-11-21,DESKTOP");
    let two = level(Export::of(&two).source(), Vec::new(), "Position").await;
    assert_eq!(unusable(&two), InvalidReason::SeveralSeries);
    let old = "Date,Position\n2026-11-01,3\n2026-11-02,4\n";
    assert_eq!(
        unusable(&level(Export::of(old).source(), Vec::new(), "Position").await),
        InvalidReason::Stale
    );
    let ahead = "Date,Position\n2027-11-01,3\n";
    assert_eq!(
        unusable(&level(Export::of(ahead).source(), Vec::new(), "Position").await),
        InvalidReason::Impossible
    );
}

#[tokio::test]
async fn what_is_no_plain_number_is_told_as_what_it_is() {
    for (text, reason) in [
        ("1,234", InvalidReason::Shape),
        ("1.234.567", InvalidReason::Shape),
        ("1 234", InvalidReason::Shape),
        ("12%", InvalidReason::Shape),
        ("twelve", InvalidReason::Shape),
        ("", InvalidReason::Null),
        ("null", InvalidReason::Null),
        ("NaN", InvalidReason::NotANumber),
        ("-inf", InvalidReason::Infinite),
        ("-5", InvalidReason::Impossible),
        ("5.5", InvalidReason::Impossible),
        ("60", InvalidReason::Impossible),
    ] {
        let table = format!("Date;Clicks;Impressions\n2026-11-20;{text};50\n");
        let found = count_once(&table).await;
        assert_eq!(unusable(&found), reason, "{text}: {found:?}");
        if reason != InvalidReason::Impossible {
            let found = level(Export::of(&table).source(), Vec::new(), "Clicks").await;
            assert_eq!(unusable(&found), reason, "{text}: {found:?}");
        }
    }
    for table in [
        "Day,Clicks,Impressions\n2026-11-20,1,2\n",
        "Date,Clicks\n2026-11-20,1\n",
        "Date,Clicks,Impressions\n20.11.2026,1,2\n",
        "Date,Clicks,Impressions\n2026-11-20,1\n",
        "Date,Clicks,Clicks\n2026-11-20,1,2\n",
        "<html>\n<p>Please log in</p>\n",
        "",
    ] {
        assert_eq!(unusable(&count_once(table).await), InvalidReason::Shape, "{table}");
    }
    let nothing = count_once("Date,Clicks,Impressions\n").await;
    assert!(matches!(nothing, Observation::Nothing { .. }), "{nothing:?}");
}

#[tokio::test]
async fn a_file_that_is_not_there_or_not_whole_is_silence() {
    let missing = Export::of("");
    std::fs::remove_file(missing.path()).unwrap();
    let found = level(missing.source(), Vec::new(), "Clicks").await;
    assert_eq!(silent(&found), "the table cannot be read: entity not found");
    let folder = Source::parse(&format!("csv:{}", missing.folder.path().display())).unwrap();
    let found = level(folder, Vec::new(), "Clicks").await;
    assert_eq!(silent(&found), "the table is no plain file");
    let torn = count_once("Date,Clicks,Impressions\n2026-11-20,1,12").await;
    assert!(silent(&torn).starts_with("the last line has no end"), "{torn:?}");
    let quoted = count_once("Date,Clicks,Impressions\n2026-11-20,1,\"12\n").await;
    assert!(silent(&quoted).starts_with("the table is cut off"), "{quoted:?}");
    let long = format!("Date,Clicks,Impressions\n{}", "2026-11-20,1,12\n".repeat(600_000));
    let found = count_once(&long).await;
    assert!(
        silent(&found).starts_with("the table is longer than 8388608 bytes"),
        "{found:?}"
    );
    let bytes = Export::of("");
    std::fs::write(bytes.path(), b"\xff\xfeD\0a\0t\0e\0\n\0\n").unwrap();
    assert_eq!(
        unusable(&level(bytes.source(), Vec::new(), "Clicks").await),
        InvalidReason::Shape
    );
}

#[tokio::test]
async fn a_table_comes_from_the_web_too() {
    let hostile = Hostile::saying(headed(200, "Content-Type: text/csv", EXPORT.trim_end()));
    let port = hostile.port();
    let address =
        |query: &str| Source::parse(&format!("csv+http://u:secret@127.0.0.1:{port}/export.csv{query}")).unwrap();
    let found = level(address("?site=shop"), rows("DESKTOP"), "Position").await;
    assert!(
        matches!(
            found,
            Observation::Level {
                value: Decimal(2_500_000),
                ..
            }
        ),
        "{found:?}"
    );
    let asked = &hostile.requests()[0];
    assert!(asked.starts_with("GET /export.csv?site=shop HTTP/1.1\r\n"), "{asked}");
    for (reply, words) in [
        (answer(500, EXPORT), "status 500"),
        (answer(404, ""), "status 404"),
        (headed(302, "Location: /login", ""), "status 302"),
        (
            Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nDate,".to_vec()),
            "the answer broke off",
        ),
        (Reply::Endless, "the answer is longer than"),
    ] {
        hostile.say(reply);
        let found = level(address(""), Vec::new(), "Position").await;
        let told = silent(&found);
        assert!(told.starts_with(words) && !told.contains("secret"), "{words}: {told}");
    }
}
