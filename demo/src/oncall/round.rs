//! One person's desk: new mail, a moment to think, then the page behind the link.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION, ORIGIN};
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::person::Person;
use super::repair::Tools;
use super::{form, letter};
use crate::clock::now_ms;
use crate::fault::Fault;
use crate::jar::Jar;
use crate::lifetime;

/// Pause between two looks into the mailbox.
const LOOK_PAUSE: Duration = Duration::from_millis(250);
/// Tries of one step while the page cannot be reached, and the pause between them.
const TRIES_MAX: u32 = 5;
const TRY_PAUSE: Duration = Duration::from_secs(1);
/// The button that acknowledges a page.
const ACKNOWLEDGE: &str = "ack";
/// The button that approves, and how long it is pressed again while the answer is that it is too early.
const APPROVE: &str = "approve";
const PATIENCE: Duration = Duration::from_secs(180);
/// The button that answers feedback or a closed incident, and how many of them a stage has at most.
const ANSWER: &str = "answer";
const ANSWERS_MAX: u32 = 8;
/// Redirects followed after one form.
const REDIRECTS_MAX: u32 = 5;

/// A person with their mailbox and browser.
pub(super) struct Desk {
    person: Person,
    client: reqwest::Client,
    mail: Url,
    after: Duration,
    tools: Option<Tools>,
    seen: u64,
    read: BTreeSet<String>,
    /// What may not be approved yet; other mail is answered meanwhile.
    waiting: Vec<Unapproved>,
}

/// A letter that asks for an approval, and the page behind it that says it is too early.
struct Unapproved {
    letter: Letter,
    link: Url,
    browser: Browser,
    until: Instant,
    due: Instant,
}

/// What became of a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pressed {
    Taken,
    /// It was offered, and the answer is that it may not be pressed, or not yet.
    Refused,
    /// It is not offered, or the page cannot be reached.
    Nothing,
}

#[derive(Deserialize)]
struct Mailbox {
    messages: Vec<Letter>,
}

#[derive(Deserialize)]
struct Letter {
    number: u64,
    message_id: Option<String>,
    subject: String,
    body: String,
}

impl Desk {
    pub(super) fn new(
        person: Person,
        client: reqwest::Client,
        mail: Url,
        after: Duration,
        tools: Option<Tools>,
    ) -> Self {
        let after = person.after_ms.map_or(after, Duration::from_millis);
        Self {
            person,
            client,
            mail,
            after,
            tools,
            seen: 0,
            read: BTreeSet::new(),
            waiting: Vec::new(),
        }
    }

    /// Reads and answers mail for as long as the future is polled.
    pub(super) async fn work(mut self) -> Result<(), Fault> {
        loop {
            match self.new_mail().await {
                Ok(letters) => {
                    for letter in letters {
                        self.respond(letter).await?;
                    }
                }
                Err(error) => tracing::debug!(%error, "the mailbox cannot be read"),
            }
            self.ask_again().await?;
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }

    /// Presses once more wherever it was too early, for as long as there is patience.
    async fn ask_again(&mut self) -> Result<(), Fault> {
        for mut asked in std::mem::take(&mut self.waiting) {
            if Instant::now() < asked.due {
                self.waiting.push(asked);
                continue;
            }
            self.answer(&mut asked.browser, &asked.link, &asked.letter).await?;
            let pressed = self
                .press(&mut asked.browser, &asked.link, &asked.letter, APPROVE)
                .await?;
            if pressed == Pressed::Refused && Instant::now() < asked.until {
                asked.due = Instant::now() + TRY_PAUSE;
                self.waiting.push(asked);
            }
        }
        Ok(())
    }

    async fn new_mail(&self) -> reqwest::Result<Vec<Letter>> {
        let mut url = self.mail.clone();
        url.set_path("/messages");
        url.query_pairs_mut()
            .append_pair("to", &self.person.address)
            .append_pair("after", &self.seen.to_string());
        Ok(self
            .client
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .json::<Mailbox>()
            .await?
            .messages)
    }

    async fn respond(&mut self, letter: Letter) -> Result<(), Fault> {
        self.seen = letter.number;
        if let Some(id) = &letter.message_id
            && !self.read.insert(id.clone())
        {
            return self.tell("seen_before", &letter, json!({}));
        }
        self.tell("mail", &letter, json!({}))?;
        let does_nothing = !self.person.answers && !self.person.approves && !self.person.resolves;
        if does_nothing && self.person.acts.is_empty() {
            return self.tell("ignored", &letter, json!({}));
        }
        let Some(link) = letter::link(&letter.body).and_then(|link| Url::parse(link).ok()) else {
            return self.tell("no_link", &letter, json!({}));
        };
        tokio::time::sleep(self.after).await;
        let mut browser = Browser {
            client: self.client.clone(),
            jar: Jar::default(),
        };
        let mut is_early = false;
        for wish in self.wishes() {
            if wish == APPROVE {
                self.answer(&mut browser, &link, &letter).await?;
            }
            let pressed = self.press(&mut browser, &link, &letter, &wish).await?;
            if pressed == Pressed::Taken && wish == ACKNOWLEDGE {
                self.repair(&letter).await?;
            }
            is_early = pressed == Pressed::Refused && wish == APPROVE;
        }
        if is_early {
            let now = Instant::now();
            self.waiting.push(Unapproved {
                letter,
                link,
                browser,
                until: now + PATIENCE,
                due: now + TRY_PAUSE,
            });
        }
        Ok(())
    }

    /// Answers what the stage's gate has to answer, as far as its page can be read; whoever then approves is told the rest.
    async fn answer(&self, browser: &mut Browser, link: &Url, letter: &Letter) -> Result<(), Fault> {
        for _ in 0..ANSWERS_MAX {
            match browser.press(link.clone(), ANSWER).await {
                Ok(Some(status)) if status.is_success() => {
                    self.tell(ANSWER, letter, json!({ "status": status.as_u16() }))?;
                }
                Ok(Some(_) | None) | Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Repairs what the letter is about, if that is this person's work.
    async fn repair(&self, letter: &Letter) -> Result<(), Fault> {
        let Some(tools) = self
            .tools
            .as_ref()
            .filter(|tools| tools.are_called_for_by(&letter.subject))
        else {
            return Ok(());
        };
        let once = format!("repair-{}-{}", self.person.address, letter.number);
        for left in (0..TRIES_MAX).rev() {
            match tools.repair(&once).await {
                Ok(said) => return self.tell("repair", letter, json!({ "program": said })),
                Err(undone) if left == 0 => {
                    return self.tell("failed", letter, json!({ "error": undone.to_string() }));
                }
                Err(_) => tokio::time::sleep(TRY_PAUSE).await,
            }
        }
        Ok(())
    }

    /// The buttons this person presses where they are offered, in order.
    fn wishes(&self) -> Vec<String> {
        let ack = self.person.answers.then(|| ACKNOWLEDGE.to_owned());
        let acts = self.person.acts.iter().map(|name| format!("act:{name}"));
        let approve = self.person.approves.then(|| APPROVE.to_owned());
        let resolve = self.person.resolves.then(|| "resolve".to_owned());
        ack.into_iter().chain(acts).chain(resolve).chain(approve).collect()
    }

    /// Presses a button where it is offered.
    async fn press(&self, browser: &mut Browser, link: &Url, letter: &Letter, wish: &str) -> Result<Pressed, Fault> {
        let mut unreached = 0;
        loop {
            match browser.press(link.clone(), wish).await {
                Ok(Some(status)) => {
                    self.tell(wish, letter, json!({ "status": status.as_u16() }))?;
                    return Ok(if status.is_success() {
                        Pressed::Taken
                    } else {
                        Pressed::Refused
                    });
                }
                Ok(None) => {
                    self.tell("not_offered", letter, json!({ "button": wish }))?;
                    return Ok(Pressed::Nothing);
                }
                Err(error) => {
                    unreached += 1;
                    if unreached == TRIES_MAX {
                        self.tell("failed", letter, json!({ "button": wish, "error": error.to_string() }))?;
                        return Ok(Pressed::Nothing);
                    }
                }
            }
            tokio::time::sleep(TRY_PAUSE).await;
        }
    }

    fn tell(&self, step: &str, letter: &Letter, mut more: Value) -> Result<(), Fault> {
        more["at_ms"] = json!(now_ms());
        more["person"] = json!(self.person.address);
        more["step"] = json!(step);
        more["subject"] = json!(letter.subject);
        more["message_id"] = json!(letter.message_id);
        lifetime::say(&more)
    }
}

/// A browser with its cookies, as one person uses it for one page.
struct Browser {
    client: reqwest::Client,
    jar: Jar,
}

impl Browser {
    /// Opens the link and presses the button; `None` when the page does not offer it, else the answer's status.
    async fn press(&mut self, link: Url, button: &str) -> reqwest::Result<Option<StatusCode>> {
        let (_, at, page) = self.open(link).await?;
        let Some(filled) = form::pressing(&page, button) else {
            return Ok(None);
        };
        let Ok(target) = at.join(&filled.action) else {
            return Ok(None);
        };
        let request = self
            .client
            .post(target.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ORIGIN, target.origin().ascii_serialization())
            .body(form::encoded(&filled.fields));
        let answer = self.send(request).await?;
        if let Some(next) = redirect(&answer, &target) {
            return Ok(Some(self.open(next).await?.0));
        }
        Ok(Some(answer.status()))
    }

    /// Opens an address, following redirects; returns status, final address and text.
    async fn open(&mut self, mut at: Url) -> reqwest::Result<(StatusCode, Url, String)> {
        let mut left = REDIRECTS_MAX;
        loop {
            let answer = self.send(self.client.get(at.clone())).await?;
            match redirect(&answer, &at) {
                Some(next) if left > 0 => {
                    left -= 1;
                    at = next;
                }
                Some(_) | None => return Ok((answer.status(), at, answer.text().await?)),
            }
        }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> reqwest::Result<Response> {
        let answer = self.jar.put(request).send().await?;
        self.jar.take(answer.headers());
        Ok(answer)
    }
}

fn redirect(answer: &Response, from: &Url) -> Option<Url> {
    if !answer.status().is_redirection() {
        return None;
    }
    from.join(answer.headers().get(LOCATION)?.to_str().ok()?).ok()
}
