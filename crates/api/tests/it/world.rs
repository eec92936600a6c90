//! A controller on loopback: the real loop and engine, a journal in memory, hands that accept everything.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tidegate_api::access::{Access, Holder, Purpose};
use tidegate_api::links::Links;
use tidegate_api::{Api, ApiConfig, Candidate, Candidates, JournalRow, Record, Unfit, Verified};
use tidegate_engine::command::{Command, Request};
use tidegate_engine::event::Event;
use tidegate_engine::state::State;
use tidegate_model::domain::{ActionEffect, Domain, Grant};
use tidegate_model::edge::{Edge, FirstVisit};
use tidegate_model::estate::{Estate, Parts};
use tidegate_model::hazard::Runbook;
use tidegate_model::ladder::{DecisionScope, Ladder, Rung, Target};
use tidegate_model::people::{ContactMethod, Person, Team};
use tidegate_model::seam::{Actor, Effect, EffectKey};
use tidegate_model::switch::{Switch, SwitchValue};
use tidegate_model::{
    ActionId, DomainId, EdgeId, LadderId, Millis, PersonId, RunbookId, ServiceId, SwitchId, TeamId, Timestamp, UnitId,
};
use tidegate_runtime::{Handle, Running, StoreFault, World};
use tokio::sync::watch;

/// Few, so that a test can take all of them.
pub(crate) const CONNECTIONS_MAX: usize = 24;
/// Reads of switches that a program may make in a second, where no test is about that.
const SWITCH_READS_MAX: u32 = 10_000;

/// Entries as the journal would keep them.
type Entries = Arc<Mutex<Vec<Event>>>;

/// A journal in memory; letters stay in the outbox, which is where a test can see them.
pub(crate) struct Memory {
    entries: Entries,
    /// Turned on, the store refuses.
    is_full: Arc<Mutex<bool>>,
}

impl World for Memory {
    fn now(&self) -> Timestamp {
        now()
    }

    fn append(&mut self, events: &[Event]) -> Result<u64, StoreFault> {
        if *self.is_full.lock().unwrap() {
            return Err(StoreFault {
                reason: "the disk is full".into(),
                passing: true,
            });
        }
        let mut entries = self.entries.lock().unwrap();
        entries.extend_from_slice(events);
        Ok(entries.len() as u64)
    }

    fn perform(&mut self, _: &EffectKey, _: &Effect) {}

    fn withdraw(&mut self, _: &EffectKey) {}
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}

pub(crate) fn person(name: &str) -> PersonId {
    PersonId::parse(name).unwrap()
}

/// Two people, one domain with a switch and an action, nothing exposed.
fn estate_with(title: &str) -> Estate {
    let team = TeamId::parse("checkout-team").unwrap();
    let lead = TeamId::parse("leads").unwrap();
    let people = ["ana", "marek", "eve"].map(|name| Person {
        id: person(name),
        title: name.to_owned(),
        methods: vec![ContactMethod::Mail(format!("{name}@example.test"))],
    });
    let team_of = |id: &TeamId, name: &str| Team {
        id: id.clone(),
        title: id.to_string(),
        members: vec![person(name)],
        on_call: vec![person(name)],
    };
    let rung = |title: &str, target| Rung {
        title: title.to_owned(),
        targets: vec![target],
        answer_within: Millis::minutes(5),
        scope: DecisionScope::Domain,
        called_for: None,
        handles: None,
        makes: None,
    };
    let ladder = LadderId::parse("shop").unwrap();
    let switch = SwitchId::parse("checkout.wallet").unwrap();
    let domain = Domain {
        id: DomainId::parse("checkout").unwrap(),
        title: title.to_owned(),
        owner: team.clone(),
        ladder: ladder.clone(),
        escalation_contact: None,
        responsibilities: vec!["orders".into()],
        code: Vec::new(),
        areas: Vec::new(),
        objectives: Vec::new(),
        switches: vec![Switch {
            id: switch.clone(),
            default: SwitchValue::Bool(true),
            title: "Wallet".into(),
        }],
        authority: vec![
            Grant {
                action: ActionId::parse("wallet-off").unwrap(),
                title: "Turn the wallet off".into(),
                effect: ActionEffect::SetSwitches(vec![(switch, SwitchValue::Bool(false))]),
                expires: Millis::minutes(15),
            },
            Grant {
                action: ActionId::parse("release-back").unwrap(),
                title: "Put the release before back".into(),
                effect: ActionEffect::RunRunbook(RunbookId::parse("checkout-down").unwrap()),
                expires: Millis::minutes(15),
            },
        ],
        runbook: None,
    };
    Estate::assemble(Parts {
        digest: format!("{:0<64}", title.to_lowercase()),
        people: people.into(),
        teams: vec![team_of(&team, "ana"), team_of(&lead, "marek")],
        ladders: vec![Ladder {
            id: ladder,
            rungs: vec![rung("On call", Target::OwnerOnCall), rung("Leads", Target::Team(lead))],
            repeat_every: Millis::minutes(5),
            acknowledged_for: Millis::minutes(15),
        }],
        domains: vec![domain],
        runbooks: vec![Runbook {
            id: RunbookId::parse("checkout-down").unwrap(),
            title: "Checkout is down".into(),
            steps: vec!["look at the provider".into()],
            actions: Vec::new(),
        }],
        edges: vec![edge()],
        ..Parts::default()
    })
    .unwrap()
}

/// An edge with a unit that programs ask about by key, which no stage moves.
fn edge() -> Edge {
    Edge {
        id: EdgeId::parse("shop").unwrap(),
        listen: "127.0.0.1:1".into(),
        units: Vec::new(),
        keyed: vec![UnitId::parse("feed").unwrap()],
        routes: Vec::new(),
        fallback: UnitId::parse("feed").unwrap(),
        callback: None,
        crawlers: None,
        first_visit: FirstVisit::default(),
        redirects: Vec::new(),
        visitor_cookie: "visitor".into(),
        salt: "salt".into(),
        secure_cookies: false,
        stratum: Millis::seconds(1),
        lease: Millis::seconds(3),
        upstream_timeout: Millis::seconds(3),
    }
}

/// A running controller with its faces.
pub(crate) struct Town {
    pub(crate) url: String,
    pub(crate) access: Arc<Access>,
    pub(crate) links: Links,
    pub(crate) handle: Handle,
    pub(crate) client: Client,
    pub(crate) is_full: Arc<Mutex<bool>>,
    /// How many sources were kept.
    pub(crate) kept: Arc<Mutex<usize>>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) served: tokio::task::JoinHandle<std::io::Result<()>>,
    entries: Entries,
    _running: Running<Memory>,
    folder: tempfile::TempDir,
}

impl Town {
    pub(crate) async fn new() -> Self {
        Self::known_as(None).await
    }

    /// The same with another address for the public.
    pub(crate) async fn known_as(public_url: Option<&str>) -> Self {
        Self::built(public_url, Duration::from_secs(60), SWITCH_READS_MAX).await
    }

    /// The same that gives up who is slow after this, and answers so many reads of switches in a second.
    pub(crate) async fn limited(slow_after: Duration, switch_reads_max: u32) -> Self {
        Self::built(None, slow_after, switch_reads_max).await
    }

    async fn built(public_url: Option<&str>, slow_after: Duration, switch_reads_max: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let entries = Entries::default();
        let is_full = Arc::new(Mutex::new(false));
        let memory = Memory {
            entries: entries.clone(),
            is_full: is_full.clone(),
        };
        let estate = Arc::new(estate_with("Checkout"));
        let (handle, running) = tidegate_runtime::start(memory, estate.clone(), State::default());
        let ask = |request| {
            handle.ask(Command {
                actor: Actor::Controller,
                key: None,
                request,
            })
        };
        assert!(ask(Request::StartController).await.unwrap().result.is_ok());
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let access = Arc::new(Access::open(&folder.path().join("access.json")).unwrap());
        let (stop, stopped) = watch::channel(false);
        let kept = Arc::new(Mutex::new(0));
        let config = ApiConfig {
            access: access.clone(),
            links: Arc::new(Links::new([7; 32])),
            panels: Vec::new(),
            journal: rows(&entries),
            record: record(&entries),
            latencies: Arc::new(|_| Vec::new()),
            slowed: Arc::new(|_, _| None),
            candidates: candidates(&kept),
            public_url: public_url.unwrap_or(&url).to_owned(),
            connections_max: CONNECTIONS_MAX,
            slow_after,
            switch_reads_max,
        };
        let served = tokio::spawn(Api::new(config, handle.clone()).serve(listener, stopped));
        // A stream that says nothing any more ends a test as well.
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(Duration::from_secs(60));
        let client = client.build().unwrap();
        Self {
            url,
            access,
            links: Links::new([7; 32]),
            handle,
            client,
            is_full,
            kept,
            stop,
            served,
            entries,
            _running: running,
            folder,
        }
    }

    /// Lets the time of every session and login link be over.
    pub(crate) fn expire(&self) {
        let path = self.folder.path().join("access.json");
        let mut entries: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for entry in entries.as_object_mut().unwrap().values_mut() {
            if entry["until"].is_i64() {
                entry["until"] = 1.into();
            }
        }
        std::fs::write(&path, entries.to_string()).unwrap();
    }

    /// A token of a person.
    pub(crate) fn token(&self, name: &str) -> String {
        self.access.issue(Holder::Person(person(name))).unwrap()
    }

    /// A key of a program.
    pub(crate) fn key(&self, purpose: Purpose) -> String {
        self.access
            .issue(Holder::Service(ServiceId::parse("shop").unwrap(), purpose))
            .unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// Posts JSON as a person.
    pub(crate) async fn ask(&self, token: &str, path: &str, body: Value) -> Response {
        self.post(path).bearer_auth(token).json(&body).send().await.unwrap()
    }

    /// Journal entries so far.
    pub(crate) fn seq(&self) -> usize {
        self.entries.lock().unwrap().len()
    }

    /// An open incident of checkout, declared by ana.
    pub(crate) async fn incident(&self) -> String {
        let body = serde_json::json!({ "domain": "checkout", "severity": "sev2", "summary": "orders fail" });
        let answer = self.ask(&self.token("ana"), "/api/v1/incidents", body).await;
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        let state = self.handle.view();
        state
            .state
            .open_incidents()
            .map(|(id, _)| id.to_string())
            .last()
            .unwrap()
    }

    /// A browser session of a person: its cookie.
    pub(crate) async fn session(&self, name: &str) -> String {
        let token = self.token(name);
        let answer = self.form("/login", None, &[("token", &token), ("next", "/")]).await;
        assert_eq!(answer.status(), 303);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Posts a form.
    pub(crate) async fn form(&self, path: &str, cookie: Option<&str>, fields: &[(&str, &str)]) -> Response {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let mut request = self
            .post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        request.send().await.unwrap()
    }

    /// A page as a person with a session sees it.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> String {
        self.get(path)
            .header("cookie", cookie)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// The value of the first hidden field of this name.
pub(crate) fn hidden(html: &str, name: &str) -> String {
    let start = html.find(&format!("name=\"{name}\" value=\"")).unwrap() + name.len() + 15;
    html[start..].split('"').next().unwrap().to_owned()
}

/// An estate titled as the first file says; one titled `Nowhere` cannot be routed.
fn candidates(kept: &Arc<Mutex<usize>>) -> Candidates {
    let kept = kept.clone();
    Arc::new(move |sources| {
        let Some(file) = sources.files.first() else {
            return Err(Unfit::Wrong("error[TG0001]: no files".to_owned()));
        };
        if file.text == "Nowhere" {
            return Err(Unfit::Unroutable("no gateway can run edge `nowhere`".to_owned()));
        }
        let kept = kept.clone();
        Ok(Candidate {
            estate: Arc::new(estate_with(&file.text)),
            keep: Box::new(move || {
                *kept.lock().unwrap() += 1;
                Ok(())
            }),
        })
    })
}

fn rows(entries: &Entries) -> tidegate_api::JournalRows {
    let entries = entries.clone();
    Arc::new(move |from, limit| {
        let entries = entries.lock().unwrap();
        let skipped = usize::try_from(from.saturating_sub(1)).unwrap();
        let rows = entries
            .iter()
            .enumerate()
            .skip(skipped)
            .take(limit)
            .map(|(place, event)| {
                let seq = place as u64 + 1;
                let bytes = String::from_utf8(event.encode().unwrap()).unwrap();
                JournalRow {
                    seq,
                    kind: event.body.kind().to_owned(),
                    actor: event.actor.to_string(),
                    hash: format!("{seq:064x}"),
                    happened: tidegate_engine::view::happened(seq, event),
                    bytes,
                }
            });
        Ok(rows.collect())
    })
}

fn record(entries: &Entries) -> Record {
    let (counted, written) = (entries.clone(), entries.clone());
    Record {
        verify: Arc::new(move || {
            Ok(Verified {
                entries: counted.lock().unwrap().len() as u64,
                broken: None,
            })
        }),
        export: Arc::new(move |out| {
            for event in written.lock().unwrap().iter() {
                out.write_all(&event.encode().unwrap())
                    .map_err(|error| error.to_string())?;
                out.write_all(b"\n").map_err(|error| error.to_string())?;
            }
            Ok(())
        }),
    }
}
