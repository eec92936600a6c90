//! The matrix as a drawing: impact downwards, detectability to the left, each risk with its rank and a sign for its guard.

use super::words::{COLUMNS, ROWS};
use super::{Guard, Risk, RiskMap, difficulty, impact};
use crate::draw::{Drawing, Dress, wrap};
use tidegate_model::Severity;

const EDGE: i32 = 16;
const LABEL_WIDTH: i32 = 150;
const CELL_WIDTH: i32 = 310;
const LINE: i32 = 17;
/// Lines of one title.
const LINES_MAX: usize = 2;
const GAP: i32 = 6;
const ITEM_GAP: i32 = 6;
/// A row has room for what its severity means.
const HEIGHT_MIN: i32 = 64;
/// Risks that a cell names; the rest is counted, and in the table.
const NAMED_MAX: usize = 16;

impl RiskMap {
    /// The drawing: three columns, a row per severity that is as high as its fullest cell.
    #[must_use]
    pub fn svg(&self, dress: Dress) -> String {
        let width = EDGE * 2 + LABEL_WIDTH + (CELL_WIDTH + GAP) * 3;
        let mut drawing = Drawing::new(width);
        for (column, (_, title)) in COLUMNS.iter().enumerate() {
            drawing.text((cell_x(column) + 8, EDGE + 14), "tg-soft", 12, CELL_WIDTH - 12, title);
        }
        let mut y = EDGE + 26;
        for severity in ROWS {
            y = self.draw_row(&mut drawing, severity, y);
        }
        let mut x = EDGE;
        for guard in [Guard::Rollback, Guard::Hold, Guard::Person, Guard::Nothing] {
            let words = format!("{} {}", guard.sign(), legend(guard));
            drawing.text((x, y + 20), class(guard), 13, 240, &words);
            x += 240;
        }
        let unguarded = self.risks.iter().filter(|risk| !risk.gaps.is_empty()).count();
        let title = format!(
            "Risk matrix: {} failure modes, {unguarded} with a gap",
            self.risks.len()
        );
        drawing.finish(&title, dress)
    }

    fn draw_row(&self, drawing: &mut Drawing, severity: Severity, y: i32) -> i32 {
        let cells: Vec<Cell<'_>> = COLUMNS
            .iter()
            .map(|(detectability, _)| Cell {
                score: impact(severity) * difficulty(*detectability),
                risks: self.cell(severity, *detectability).collect(),
            })
            .collect();
        let height = cells.iter().map(Cell::height).max().unwrap_or(0).max(HEIGHT_MIN);
        drawing.text((EDGE, y + 24), "tg-title", 15, LABEL_WIDTH - 8, severity.word());
        let mut line = y + 42;
        for words in meaning(severity) {
            drawing.text((EDGE, line), "tg-soft", 12, LABEL_WIDTH - 8, words);
            line += 15;
        }
        for (column, cell) in cells.iter().enumerate() {
            drawing.rect((cell_x(column), y), (CELL_WIDTH, height), heat(cell.score));
            cell.draw(drawing, cell_x(column), y + 22);
        }
        y + height + GAP
    }
}

/// A cell of the matrix.
struct Cell<'a> {
    score: u32,
    risks: Vec<&'a Risk>,
}

impl Cell<'_> {
    fn height(&self) -> i32 {
        let named = self.risks.iter().take(NAMED_MAX);
        let lines: usize = named.map(|risk| title(risk).len()).sum();
        let beyond = usize::from(self.risks.len() > NAMED_MAX);
        let items = self.risks.len().min(NAMED_MAX) + beyond;
        LINE * i32::try_from(lines + beyond).unwrap_or(0) + ITEM_GAP * i32::try_from(items).unwrap_or(0) + 12
    }

    fn draw(&self, drawing: &mut Drawing, x: i32, mut y: i32) {
        for risk in self.risks.iter().take(NAMED_MAX) {
            drawing.text((x + 8, y), class(risk.guard), 14, 20, &risk.guard.sign().to_string());
            for line in title(risk) {
                drawing.text((x + 26, y), "tg-words", 13, CELL_WIDTH, &line);
                y += LINE;
            }
            y += ITEM_GAP;
        }
        if self.risks.len() > NAMED_MAX {
            let words = format!("and {} more", self.risks.len() - NAMED_MAX);
            drawing.text((x + 26, y), "tg-words", 13, CELL_WIDTH - 32, &words);
        }
    }
}

fn title(risk: &Risk) -> Vec<String> {
    wrap(
        &format!("{}. {}", risk.rank, risk.title),
        13,
        CELL_WIDTH - 32,
        LINES_MAX,
    )
}

fn cell_x(column: usize) -> i32 {
    EDGE + LABEL_WIDTH + (CELL_WIDTH + GAP) * i32::try_from(column).unwrap_or(0)
}

fn heat(score: u32) -> &'static str {
    match score {
        0..=2 => "tg-heat0",
        3..=5 => "tg-heat1",
        6..=7 => "tg-heat2",
        _ => "tg-heat3",
    }
}

fn class(guard: Guard) -> &'static str {
    match guard {
        Guard::Rollback => "tg-fine",
        Guard::Hold | Guard::Person => "tg-warn",
        Guard::Nothing => "tg-bad",
    }
}

fn legend(guard: Guard) -> &'static str {
    match guard {
        Guard::Rollback => "a signal rolls back",
        Guard::Hold => "a signal stops growth",
        Guard::Person => "only a person looks",
        Guard::Nothing => "nothing notices it",
    }
}

/// What a severity means, in two lines.
fn meaning(severity: Severity) -> [&'static str; 2] {
    match severity {
        Severity::Sev1 => ["revenue stops", "or data is lost"],
        Severity::Sev2 => ["revenue or a flow", "is impaired"],
        Severity::Sev3 => ["degraded, a", "work-around exists"],
        Severity::Sev4 => ["a nuisance", ""],
    }
}
