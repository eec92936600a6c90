//! The map as a drawing: gaps on top, then a band per owner with a row per domain, hand-offs as numbered arcs beside them.
//! An arc has a lane of its own while it passes rows, so that thirty domains stay readable.

use std::collections::BTreeMap;

use super::words::{gaps_line, measured_line, moved_line, on_call_line};
use super::{Gap, HandOff, Held, Owner, OwnershipMap, Party};
use crate::draw::{Drawing, Dress};

const EDGE: i32 = 16;
const OWNER_WIDTH: i32 = 190;
const DOMAIN_X: i32 = EDGE + OWNER_WIDTH;
const DOMAIN_WIDTH: i32 = 240;
const ARCS_X: i32 = DOMAIN_X + DOMAIN_WIDTH;
const LANE: i32 = 18;
const LANES_MIN: usize = 3;
const MOVED_WIDTH: i32 = 430;
const ROW: i32 = 48;
const BAND_GAP: i32 = 8;
/// Colours of arcs; the style has as many.
const COLOURS: usize = 6;
/// Gaps that the drawing names; the rest is counted, and in the text.
const GAPS_SHOWN_MAX: usize = 12;

/// An arc between two rows, in its lane.
struct Arc<'a> {
    number: usize,
    hand_off: &'a HandOff,
    from: i32,
    to: i32,
    lane: usize,
}

impl OwnershipMap {
    /// The drawing. Its width follows the number of lanes, its height the number of domains and gaps.
    #[must_use]
    pub fn svg(&self, dress: Dress) -> String {
        let head = EDGE + 40 + 22 * i32::try_from(self.gaps.len().min(GAPS_SHOWN_MAX + 1)).unwrap_or(0);
        let rows = self.rows(head + 44);
        let arcs = self.arcs(&rows);
        let lanes = arcs.iter().map(|arc| arc.lane + 1).max().unwrap_or(0).max(LANES_MIN);
        let moved_x = ARCS_X + 24 + LANE * i32::try_from(lanes).unwrap_or(i32::MAX / LANE / 2);
        let mut drawing = Drawing::new(moved_x + MOVED_WIDTH + EDGE);
        self.draw_gaps(&mut drawing, moved_x + MOVED_WIDTH - EDGE);
        for (x, title) in [
            (EDGE, "Owner"),
            (DOMAIN_X, "Domain"),
            (ARCS_X + 20, "Hand-offs"),
            (moved_x, "Moves and measures"),
        ] {
            drawing.text((x + 10, head + 32), "tg-soft", 12, 200, title);
        }
        let mut y = head + 44;
        for owner in &self.owners {
            y = draw_owner(&mut drawing, owner, y, moved_x);
        }
        for arc in &arcs {
            draw_arc(&mut drawing, arc);
        }
        self.draw_hand_offs(&mut drawing, y + 16, moved_x + MOVED_WIDTH - EDGE);
        let domains: usize = self.owners.iter().map(|owner| owner.domains.len()).sum();
        let title = format!("Ownership map: {domains} domains, {}", gaps_line(self));
        drawing.finish(&title, dress)
    }

    /// The middle of every party's row.
    fn rows(&self, top: i32) -> BTreeMap<Party, i32> {
        let mut rows = BTreeMap::new();
        let mut y = top;
        for owner in &self.owners {
            rows.insert(Party::Team(owner.team.clone()), y + ROW / 2);
            for held in &owner.domains {
                rows.insert(Party::Domain(held.domain.clone()), y + ROW / 2);
                y += ROW;
            }
            if owner.domains.is_empty() {
                y += ROW;
            }
            y += BAND_GAP;
        }
        rows
    }

    /// Arcs in the first lane that is free along their way; short ones first, so that they stay near their rows.
    fn arcs(&self, rows: &BTreeMap<Party, i32>) -> Vec<Arc<'_>> {
        let mut arcs: Vec<Arc<'_>> = self
            .hand_offs
            .iter()
            .enumerate()
            .filter_map(|(place, hand_off)| {
                Some(Arc {
                    number: place + 1,
                    hand_off,
                    from: *rows.get(&Party::Domain(hand_off.from.clone()))?,
                    to: *rows.get(&hand_off.to)?,
                    lane: 0,
                })
            })
            .collect();
        arcs.sort_by_key(|arc| ((arc.from - arc.to).abs(), arc.number));
        let mut taken: Vec<Vec<(i32, i32)>> = Vec::new();
        for arc in &mut arcs {
            let (low, high) = (arc.from.min(arc.to), arc.from.max(arc.to));
            let free = taken
                .iter()
                .position(|lane| lane.iter().all(|(from, until)| high < *from || *until < low));
            arc.lane = free.unwrap_or(taken.len());
            match taken.get_mut(arc.lane) {
                Some(lane) => lane.push((low, high)),
                None => taken.push(vec![(low, high)]),
            }
        }
        arcs
    }

    fn draw_gaps(&self, drawing: &mut Drawing, room: i32) {
        let class = if self.gaps.is_empty() {
            "tg-fine tg-title"
        } else {
            "tg-bad tg-title"
        };
        drawing.text((EDGE, EDGE + 18), class, 18, room, &gaps_line(self));
        let mut y = EDGE + 44;
        for gap in self.gaps.iter().take(GAPS_SHOWN_MAX) {
            drawing.text((EDGE, y), "tg-words", 13, room, &gap_line(gap));
            y += 22;
        }
        if let Some(beyond) = self.gaps.len().checked_sub(GAPS_SHOWN_MAX).filter(|n| *n > 0) {
            drawing.text((EDGE, y), "tg-soft", 13, room, &format!("and {beyond} more"));
        }
    }

    fn draw_hand_offs(&self, drawing: &mut Drawing, top: i32, room: i32) {
        if self.hand_offs.is_empty() {
            return;
        }
        drawing.text((EDGE, top + 14), "tg-title", 15, room, "What is handed over");
        for (place, hand_off) in self.hand_offs.iter().enumerate() {
            let y = top + 40 + 22 * i32::try_from(place).unwrap_or(i32::MAX / 64);
            drawing.number((EDGE + 8, y - 4), &format!("tg-f{}", place % COLOURS), place + 1);
            let words = hand_off_line(hand_off);
            drawing.text((EDGE + 26, y), "tg-words", 13, room - 26, &words);
        }
    }
}

fn gap_line(gap: &Gap) -> String {
    match &gap.owner {
        Some(owner) => format!("{owner}: {}", gap.what.replace('`', "")),
        None => format!("nobody: {}", gap.what.replace('`', "")),
    }
}

fn hand_off_line(hand_off: &HandOff) -> String {
    format!(
        "{} needs {}, which {}",
        hand_off.from,
        hand_off.to,
        hand_off.what.join("; ")
    )
}

/// Draws a band and returns where the next one begins.
fn draw_owner(drawing: &mut Drawing, owner: &Owner, y: i32, moved_x: i32) -> i32 {
    let rows = i32::try_from(owner.domains.len().max(1)).unwrap_or(i32::MAX / ROW);
    drawing.rect((EDGE, y), (moved_x + MOVED_WIDTH - EDGE, rows * ROW), "tg-band");
    drawing.text((EDGE + 10, y + 21), "tg-name", 14, OWNER_WIDTH - 16, &owner.title);
    let on_call = on_call_line(&owner.on_call);
    drawing.text((EDGE + 10, y + 38), "tg-soft", 12, OWNER_WIDTH - 16, &on_call);
    if owner.domains.is_empty() {
        drawing.text(
            (DOMAIN_X + 10, y + 28),
            "tg-soft",
            12,
            DOMAIN_WIDTH - 16,
            "owns nothing, takes part",
        );
    }
    let mut row = y;
    for held in &owner.domains {
        draw_domain(drawing, held, row, moved_x);
        row += ROW;
    }
    y + rows * ROW + BAND_GAP
}

fn draw_domain(drawing: &mut Drawing, held: &Held, y: i32, moved_x: i32) {
    let class = if held.gaps > 0 { "tg-gap-box" } else { "tg-box" };
    drawing.rect((DOMAIN_X, y + 4), (DOMAIN_WIDTH, ROW - 8), class);
    drawing.text((DOMAIN_X + 10, y + 21), "tg-name", 14, DOMAIN_WIDTH - 20, &held.title);
    let (class, second) = match held.gaps {
        0 => ("tg-soft", held.domain.to_string()),
        1 => ("tg-bad", format!("{}: 1 gap", held.domain)),
        n => ("tg-bad", format!("{}: {n} gaps", held.domain)),
    };
    drawing.text((DOMAIN_X + 10, y + 37), class, 12, DOMAIN_WIDTH - 20, &second);
    drawing.text(
        (moved_x + 10, y + 21),
        "tg-words",
        13,
        MOVED_WIDTH - 36,
        &moved_line(held),
    );
    drawing.text(
        (moved_x + 10, y + 37),
        "tg-soft",
        12,
        MOVED_WIDTH - 36,
        &measured_line(held),
    );
}

fn draw_arc(drawing: &mut Drawing, arc: &Arc<'_>) {
    let colour = (arc.number - 1) % COLOURS;
    let x = ARCS_X + 22 + LANE * i32::try_from(arc.lane).unwrap_or(i32::MAX / LANE / 2);
    // Rows of one band have several ends: the leaving one stands a little above the middle, the arriving one below.
    let (from, to) = (arc.from - 6, arc.to + 6);
    let path = format!("M{ARCS_X},{from} H{x} V{to} H{} m5,-4 l-5,4 l5,4", ARCS_X + 2);
    drawing.path(&path, &format!("tg-arc tg-s{colour}"), &hand_off_line(arc.hand_off));
    drawing.number((x, (from + to) / 2), &format!("tg-f{colour}"), arc.number);
}
