//! Drawing in SVG: words that fit, boxes and lines, in colours of light and dark. It knows no estate.

use std::fmt::Write;

/// Where a drawing stands, which decides where its colours come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dress {
    /// A file of its own, with its style inside.
    Alone,
    /// Part of a page whose style sheet holds [`STYLE`]; nothing that a strict content policy forbids.
    Page,
}

/// The style of every drawing. Text on its ground has a contrast of 4.5 or more in light and in dark.
pub const STYLE: &str = include_str!("draw.css");

/// Mean width of a letter in hundredths of the font's size; capitals and digits are wider, so texts keep a reserve.
const LETTER_WIDTH: i32 = 57;

/// A drawing under way. Lengths are in pixels at the drawing's own size.
#[derive(Debug)]
pub(crate) struct Drawing {
    body: String,
    width: i32,
    height: i32,
}

impl Drawing {
    /// An empty drawing.
    pub(crate) fn new(width: i32) -> Self {
        Self {
            body: String::new(),
            width,
            height: 0,
        }
    }

    /// Makes the drawing reach down to `y`.
    pub(crate) fn reach(&mut self, y: i32) {
        self.height = self.height.max(y);
    }

    /// A line of text whose baseline is at `y`, cut where `room` ends; the whole text stands in its title.
    pub(crate) fn text(&mut self, (x, y): (i32, i32), class: &str, size: i32, room: i32, text: &str) {
        let shown = fit(text, size, room);
        let title = match shown == text {
            true => String::new(),
            false => format!("<title>{}</title>", escape(text)),
        };
        self.add(format_args!(
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\" font-size=\"{size}\">{title}{}</text>",
            escape(&shown)
        ));
        self.reach(y + size / 2);
    }

    /// A box with rounded corners.
    pub(crate) fn rect(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), class: &str) {
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" class=\"{class}\"/>"
        ));
        self.reach(y + height);
    }

    /// A path in the words of SVG, with what it means.
    pub(crate) fn path(&mut self, path: &str, class: &str, title: &str) {
        self.add(format_args!(
            "<path d=\"{path}\" class=\"{class}\"><title>{}</title></path>",
            escape(title)
        ));
    }

    /// A disc with a number in it.
    pub(crate) fn number(&mut self, (x, y): (i32, i32), class: &str, number: usize) {
        self.add(format_args!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"8\" class=\"tg-disc {class}\"/><text x=\"{x}\" y=\"{}\" class=\"tg-in-disc\" font-size=\"10\" text-anchor=\"middle\">{number}</text>",
            y + 4
        ));
    }

    fn add(&mut self, part: std::fmt::Arguments<'_>) {
        self.body
            .write_fmt(part)
            .expect("a string takes whatever is written to it");
        self.body.push('\n');
    }

    /// The whole drawing. `title` says what it shows to whoever cannot see it.
    pub(crate) fn finish(self, title: &str, dress: Dress) -> String {
        let (width, height) = (self.width, self.height + 12);
        let style = match dress {
            Dress::Alone => format!("<style>{STYLE}</style>\n"),
            Dress::Page => String::new(),
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tg-drawing\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{}</title>\n{style}<rect width=\"{width}\" height=\"{height}\" class=\"tg-paper\"/>\n{}</svg>\n",
            escape(title),
            self.body
        )
    }
}

/// The beginning of a text that fits into `room` pixels at a font of `size` pixels, with an ellipsis when it is cut.
pub(crate) fn fit(text: &str, size: i32, room: i32) -> String {
    let letters_max = usize::try_from(room * 100 / (size * LETTER_WIDTH)).unwrap_or(0);
    if text.chars().count() <= letters_max {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(letters_max.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

/// A text on as many lines as it needs, at most `lines_max`; the last one is cut when the text goes on.
pub(crate) fn wrap(text: &str, size: i32, room: i32, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.peek() {
        let longer = match lines.last() {
            Some(line) => format!("{line} {word}"),
            None => (*word).to_owned(),
        };
        let fits = fit(&longer, size, room) == longer;
        if !fits && !lines.is_empty() && lines.len() < lines_max {
            lines.push((*word).to_owned());
            words.next();
            continue;
        }
        words.next();
        match lines.last_mut() {
            Some(line) => *line = longer,
            None => lines.push(longer),
        }
        if !fits && lines.len() == lines_max {
            break;
        }
    }
    lines.iter().map(|line| fit(line, size, room)).collect()
}

/// Text as it may stand in XML and HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML 1.0 §2.2 has no such characters, not even escaped.
            c if c.is_control() && c != '\n' && c != '\t' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_does_not_fit_is_cut_and_stands_whole_in_its_title() {
        assert_eq!(fit("short", 12, 200), "short");
        assert_eq!(fit("an agreement of two teams", 12, 70), "an agreem…");
        let mut drawing = Drawing::new(100);
        drawing.text((0, 10), "tg-name", 12, 40, "a <long> name");
        let svg = drawing.finish("t", Dress::Page);
        assert!(svg.contains("<title>a &lt;long&gt; name</title>"), "{svg}");
    }

    #[test]
    fn a_text_goes_on_in_the_next_line_and_ends_with_the_last() {
        let told = |lines_max| wrap("a payment is captured and no order has it", 10, 100, lines_max);
        assert_eq!(told(3), ["a payment is", "captured and no", "order has it"]);
        assert_eq!(told(2), ["a payment is", "captured and no…"]);
        assert_eq!(
            wrap("uninterruptible-word-of-length", 10, 100, 2),
            ["uninterruptible-…"]
        );
    }

    #[test]
    fn nothing_that_a_name_holds_breaks_out_of_the_drawing() {
        assert_eq!(escape("a<b>&\"\u{1}"), "a&lt;b&gt;&amp;&quot;\u{fffd}");
    }
}
