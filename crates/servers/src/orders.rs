//! What a running server is told: a word on its script's standard input, answered by the number of its process.

use std::io::{self, BufRead, Error, Write as _};
use std::path::PathBuf;

use crate::Server;

impl Server {
    /// Ends it without any warning; its files stay as they are.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn kill(&mut self) -> io::Result<()> {
        self.order("kill")
    }

    /// Starts it again where it was, and returns when it lets people in.
    ///
    /// # Errors
    /// When it does not start; its words are on standard error then.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.order("start")
    }

    /// Has it stand still: it holds its connections and answers nothing.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn freeze(&mut self) -> io::Result<()> {
        self.order("freeze")
    }

    /// Has it go on.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn thaw(&mut self) -> io::Result<()> {
        self.order("thaw")
    }

    fn order(&mut self, word: &str) -> io::Result<()> {
        let orders = self
            .child
            .stdin
            .as_mut()
            .expect("it is only taken when this is dropped");
        writeln!(orders, "{word}")?;
        let answer = line(&mut self.answers)?;
        let no = || Error::other(format!("the server did not {word}; its words are above"));
        self.process = answer.parse().map_err(|_| no())?;
        Ok(())
    }
}

/// Process and folder of a server that has started; none where it has not.
pub(crate) fn begun(answers: &mut impl BufRead) -> io::Result<Option<(u32, PathBuf)>> {
    let line = line(answers)?;
    let Some((process, folder)) = line.split_once(' ') else {
        return Ok(None);
    };
    let process = process.parse().map_err(|_| Error::other("a process has a number"))?;
    Ok(Some((process, PathBuf::from(folder))))
}

fn line(answers: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}
