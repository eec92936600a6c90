//! The rows that are compared: the same in both servers by one formula, but for those that are planted.

use anyhow::Context;
use mysql_async::prelude::Queryable as _;

/// What a table looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Seven columns of an order, keyed by a number.
    Orders,
    /// Thirty-one columns, keyed by a number.
    Wide,
    /// An order keyed by a UUID, which MariaDB holds as text.
    Uuid,
    /// An order keyed by a text.
    Text,
}

impl Shape {
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Wide => "wide",
            Self::Uuid => "by_uuid",
            Self::Text => "by_text",
        }
    }

    /// Columns of a row, the key included.
    pub(crate) fn columns(self) -> u32 {
        match self {
            Self::Orders | Self::Uuid | Self::Text => 7,
            Self::Wide => 31,
        }
    }

    fn postgres(self) -> [String; 2] {
        let rest = "(n * 7919) % 100003, (array['new','paid','sent','returned'])[1 + n % 4], \
            (array['EUR','USD','GBP'])[1 + n % 3], ((n * 104729) % 1000000) / 100.0, \
            CASE WHEN n % 5 = 0 THEN NULL ELSE 'note ' || md5(n::text) END, \
            timestamp '2026-01-01' + (n * 1234567) * interval '1 microsecond'";
        let columns = "customer integer NOT NULL, status varchar(12) NOT NULL, currency char(3) NOT NULL, \
            total numeric(12,2) NOT NULL, note varchar(80), created_at timestamp(6) NOT NULL";
        match self {
            Self::Orders => [format!("id bigint PRIMARY KEY, {columns}"), format!("n * 3, {rest}")],
            Self::Uuid => [
                format!("id uuid PRIMARY KEY, {columns}"),
                format!("md5(n::text)::uuid, {rest}"),
            ],
            Self::Text => [
                format!("id varchar(40) COLLATE \"C\" PRIMARY KEY, {columns}"),
                format!("'sku_' || md5(n::text), {rest}"),
            ],
            Self::Wide => {
                let (mut columns, mut values) = ("id bigint PRIMARY KEY".to_owned(), "n * 3".to_owned());
                for at in 0..10 {
                    columns += &format!(", i{at} integer, d{at} numeric(12,2), t{at} varchar(40)");
                    values += &format!(", (n * {at}) % 1000, ((n * 10{at}) % 100000) / 100.0, md5((n + {at})::text)");
                }
                [columns, values]
            }
        }
    }

    fn mariadb(self) -> [String; 2] {
        let rest = "(n * 7919) % 100003, elt(1 + n % 4, 'new','paid','sent','returned'), \
            elt(1 + n % 3, 'EUR','USD','GBP'), ((n * 104729) % 1000000) / 100.0, \
            if(n % 5 = 0, NULL, concat('note ', md5(n))), \
            timestamp '2026-01-01 00:00:00' + interval (n * 1234567) microsecond";
        let columns = "customer integer NOT NULL, status varchar(12) NOT NULL, currency char(3) NOT NULL, \
            total decimal(12,2) NOT NULL, note varchar(80), created_at datetime(6) NOT NULL";
        match self {
            Self::Orders => [format!("id bigint PRIMARY KEY, {columns}"), format!("n * 3, {rest}")],
            Self::Uuid => [
                format!("id char(36) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, {columns}"),
                format!("insert(insert(insert(insert(md5(n),9,0,'-'),14,0,'-'),19,0,'-'),24,0,'-'), {rest}"),
            ],
            Self::Text => [
                format!("id varchar(40) COLLATE utf8mb4_nopad_bin PRIMARY KEY, {columns}"),
                format!("concat('sku_', md5(n)), {rest}"),
            ],
            Self::Wide => {
                let (mut columns, mut values) = ("id bigint PRIMARY KEY".to_owned(), "n * 3".to_owned());
                for at in 0..10 {
                    columns += &format!(", i{at} integer, d{at} decimal(12,2), t{at} varchar(40)");
                    values += &format!(", (n * {at}) % 1000, ((n * 10{at}) % 100000) / 100.0, md5(n + {at})");
                }
                [columns, values]
            }
        }
    }
}

/// How many rows differ, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planted {
    pub(crate) changed: u64,
    pub(crate) missing: u64,
    pub(crate) extra: u64,
}

impl Planted {
    /// Six of ten changed, two missing, two extra.
    pub(crate) fn of(differences: u64) -> Self {
        let fifth = differences / 5;
        Self {
            changed: differences - 2 * fifth,
            missing: fifth,
            extra: fifth,
        }
    }
}

/// Makes the old side.
pub(crate) async fn make_old(url: &str, shape: Shape, rows: u64) -> anyhow::Result<()> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let talk = tokio::spawn(connection);
    let ([columns, values], table) = (shape.postgres(), shape.table());
    let sql = format!(
        "DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({columns});
         INSERT INTO {table} SELECT {values} FROM generate_series(1::bigint, {rows}) AS n ORDER BY 1; VACUUM ANALYZE {table}"
    );
    for statement in sql.split(';') {
        client.batch_execute(statement).await.context("the old side's rows")?;
    }
    drop(client);
    talk.await??;
    Ok(())
}

/// Makes the new side, the same.
pub(crate) async fn make_new(url: &str, shape: Shape, rows: u64) -> anyhow::Result<()> {
    let mut conn = mysql_async::Conn::from_url(url).await?;
    let ([columns, values], table) = (shape.mariadb(), shape.table());
    for sql in [
        format!("DROP TABLE IF EXISTS {table}"),
        format!("CREATE TABLE {table} ({columns})"),
        format!(
            "INSERT INTO {table} SELECT {values} FROM (SELECT cast(seq AS signed) AS n FROM seq_1_to_{rows}) AS s ORDER BY 1"
        ),
        format!("ANALYZE TABLE {table}"),
    ] {
        conn.query_drop(sql).await.context("the new side's rows")?;
    }
    conn.disconnect().await?;
    Ok(())
}

/// Plants differences in the new side's orders, which has none before.
pub(crate) async fn plant(url: &str, rows: u64, planted: Planted) -> anyhow::Result<()> {
    let all = planted.changed + planted.missing;
    if all == 0 {
        return Ok(());
    }
    let step = rows / all;
    let mut conn = mysql_async::Conn::from_url(url).await?;
    // Every `step`th row in turn: the first ones of them change, the others go.
    let last_changed = planted.changed * step * 3;
    let last = all * step * 3;
    let step = step * 3;
    for sql in [
        format!(
            "UPDATE orders SET total = total + 0.01, note = if(id % 2 = 0, note, 'another') \
             WHERE id % {step} = 0 AND id <= {last_changed}"
        ),
        format!("DELETE FROM orders WHERE id % {step} = 0 AND id > {last_changed} AND id <= {last}"),
        format!(
            "INSERT INTO orders SELECT id + 1, customer, status, currency, total, note, created_at FROM orders \
             WHERE id % {step} = 3 LIMIT {}",
            planted.extra
        ),
    ] {
        conn.query_drop(sql).await.context("planted differences")?;
    }
    conn.disconnect().await?;
    Ok(())
}
