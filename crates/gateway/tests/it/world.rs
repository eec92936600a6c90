//! Two shops, a gateway process between them, and a controller's hub.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tidegate_gateway::config::{BrakeSpec, Counting, GatewayConfig};
use tidegate_gateway::{Hub, Report};
use tidegate_model::edge::{Caching, CallbackRule, Edge, FirstVisit, OnDecrease, Route, RouteClass, UnitUpstreams};
use tidegate_model::flow::{Flow, SuccessPredicate};
use tidegate_model::seam::{
    ExposureSnapshot, ExposureVersion, Meter, MeterKind, Outcome, Stratum, StratumPart, UnitExposure,
};
use tidegate_model::{BasisPoints, CriterionId, DomainId, EdgeId, FlowId, GatewayId, Millis, RouteId, StageId, UnitId};
use tokio::sync::mpsc;

use crate::shop::{Answer, Asked, Shop};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_tidegate-gateway");
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn unit() -> UnitId {
    UnitId::parse("checkout").unwrap()
}

pub(crate) fn gateway_id() -> GatewayId {
    GatewayId::parse("gw-1").unwrap()
}

/// A shop whose orders succeed.
pub(crate) fn honest(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/page" => Answer {
            status: 200,
            headers: vec![
                ("content-type", "text/html".into()),
                ("cache-control", "public, max-age=60".into()),
            ],
            body: "<p>hello</p>".into(),
        },
        "/pay" | "/v2/pay" => Answer::json(r#"{"data":{"order":1}}"#),
        "/assets/missing.css" => Answer::status(404),
        _ => Answer::json("{}"),
    }
}

fn route(id: &str, class: RouteClass, method: &str, path: &str) -> Route {
    Route {
        id: RouteId::parse(id).unwrap(),
        unit: unit(),
        class,
        methods: if method.is_empty() { vec![] } else { vec![method.into()] },
        path: path.into(),
        old_path: None,
        new_path: None,
        group: None,
        caching: Caching::Private,
    }
}

pub(crate) fn config(dir: &Path, old: &str, new: &str) -> GatewayConfig {
    let mut pay = route("pay", RouteClass::Api, "POST", "/pay");
    pay.new_path = Some("/v2/pay".into());
    let order = SuccessPredicate {
        json_present: vec!["/data/order".into()],
        json_absent: vec!["/errors".into()],
        ..SuccessPredicate::default()
    };
    let stage = StageId::parse("checkout").unwrap();
    let flow = FlowId::parse("checkout").unwrap();
    let meter = |criterion: &str, kind: MeterKind| Meter {
        stage: stage.clone(),
        criterion: CriterionId::parse(criterion).unwrap(),
        flow: flow.clone(),
        kind,
        segment: None,
    };
    GatewayConfig {
        gateway: gateway_id(),
        edge: Edge {
            id: EdgeId::parse("front").unwrap(),
            listen: "127.0.0.1:0".into(),
            units: vec![UnitUpstreams {
                unit: unit(),
                old: old.into(),
                new: new.into(),
                on_decrease: OnDecrease::Drain,
                clients: Vec::new(),
            }],
            keyed: Vec::new(),
            routes: vec![
                route("page", RouteClass::Page, "GET", "/page"),
                route("enter", RouteClass::Api, "POST", "/enter"),
                pay,
                route("assets", RouteClass::Asset, "GET", "/assets/{*rest}"),
                route("hook", RouteClass::Callback, "POST", "/hook"),
            ],
            fallback: unit(),
            callback: Some(CallbackRule {
                reference: "/order/reference".into(),
                old_prefix: "OLD-".into(),
                new_prefix: "NEW-".into(),
            }),
            visitor_cookie: "tg_id".into(),
            salt: "plan-a".into(),
            secure_cookies: false,
            stratum: Millis(300),
            lease: Millis(1_500),
            upstream_timeout: Millis(2_000),
            first_visit: FirstVisit::Safe,
            crawlers: None,
            redirects: Vec::new(),
        },
        flows: vec![Flow {
            id: flow.clone(),
            title: "Checkout".into(),
            domain: DomainId::parse("checkout").unwrap(),
            unit: unit(),
            entry: RouteId::parse("enter").unwrap(),
            complete: RouteId::parse("pay").unwrap(),
            success_old: order.clone(),
            success_new: order,
            window: Millis(1_500),
            segments: Vec::new(),
        }],
        counting: Counting {
            meters: vec![
                meter("completion", MeterKind::Completed),
                meter("errors", MeterKind::Errored),
                meter("split", MeterKind::Began),
                meter("latency", MeterKind::Slow { limit: Millis(10_000) }),
            ],
            brakes: vec![BrakeSpec {
                stage,
                flow,
                over: Millis(10_000),
            }],
            promises: Vec::new(),
        },
        socket: dir.join("link.sock"),
        state_dir: dir.join("state"),
        table_size: 10_000,
        tied: false,
        debug_headers: true,
    }
}

/// A gateway process; killed when dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        if self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

impl Process {
    pub(crate) async fn start(config: &GatewayConfig) -> Self {
        Self::begun(spawn(config, Stdio::inherit()), config).await
    }

    /// Waits until a child listens.
    pub(crate) async fn begun(child: Child, config: &GatewayConfig) -> Self {
        let lock = config.state_dir.join("gateway.lock");
        let pid = child.id().to_string();
        let address = until("the gateway listens", async || {
            let text = std::fs::read_to_string(&lock).unwrap_or_default();
            let mut lines = text.lines();
            (lines.next() == Some(pid.as_str())).then(|| lines.next().map(str::to_owned))?
        })
        .await;
        Self { child, address }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

pub(crate) fn spawn(config: &GatewayConfig, stderr: Stdio) -> Child {
    spawn_by(Command::new(PROGRAM), config, stderr)
}

/// Starts a gateway by a command that only lacks its arguments.
pub(crate) fn spawn_by(mut command: Command, config: &GatewayConfig, stderr: Stdio) -> Child {
    std::fs::create_dir_all(&config.state_dir).unwrap();
    let file: PathBuf = config.state_dir.join("test.json");
    std::fs::write(&file, serde_json::to_vec(config).unwrap()).unwrap();
    command
        .args(["gateway", "--config"])
        .arg(&file)
        .stderr(stderr)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Asks again and again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The hub with what it reported.
pub(crate) struct Control {
    pub(crate) hub: Hub,
    pub(crate) reports: mpsc::Receiver<Report>,
}

impl Control {
    pub(crate) fn bind(config: &GatewayConfig) -> Self {
        let (hub, reports) = Hub::bind(&config.socket, config.edge.lease, &[gateway_id()]).unwrap();
        Self { hub, reports }
    }

    /// Applies a snapshot; the gateway must acknowledge it.
    pub(crate) async fn apply(&self, seq: u64, percent: u16, change: impl FnOnce(&mut UnitExposure)) {
        let outcome = self.hub.apply(snapshot(seq, percent, change)).await;
        let acknowledged = Outcome::InForce {
            acknowledged: vec![gateway_id()],
            lapsed: vec![],
        };
        assert_eq!(outcome, acknowledged);
    }

    pub(crate) async fn next(&mut self) -> Report {
        tokio::time::timeout(DEADLINE, self.reports.recv())
            .await
            .expect("a report in time")
            .expect("the hub lives")
    }

    /// Waits for a gateway.
    pub(crate) async fn connected(&mut self) {
        while !matches!(self.next().await, Report::Connected { .. }) {}
    }

    /// Waits for the next stratum and acknowledges it.
    pub(crate) async fn stratum(&mut self) -> Stratum {
        loop {
            if let Report::Stratum { stratum, ack } = self.next().await {
                ack.done();
                return stratum;
            }
        }
    }

    /// Sums a criterion over strata until `enough` attempts were counted; old n, old hits, new n, new hits.
    pub(crate) async fn sum(&mut self, criterion: &str, part: StratumPart, enough: u64) -> [u64; 4] {
        let mut sum = [0; 4];
        while sum[0] + sum[2] < enough {
            let stratum = self.stratum().await;
            if stratum.id.part != part {
                continue;
            }
            for counts in stratum.counts.iter().filter(|c| c.criterion.as_str() == criterion) {
                for (total, n) in sum
                    .iter_mut()
                    .zip([counts.old.n, counts.old.hits, counts.new.n, counts.new.hits])
                {
                    *total += n;
                }
            }
        }
        sum
    }
}

pub(crate) fn snapshot(seq: u64, percent: u16, change: impl FnOnce(&mut UnitExposure)) -> ExposureSnapshot {
    let mut told = UnitExposure {
        unit: unit(),
        exposure: BasisPoints::new(percent * 100).unwrap(),
        proven: BasisPoints::ZERO,
        killed: false,
        finalised: false,
        measured: true,
        groups: Vec::new(),
        proven_groups: Vec::new(),
    };
    change(&mut told);
    ExposureSnapshot {
        version: ExposureVersion { epoch: 1, seq },
        units: vec![told],
    }
}

/// Everything.
pub(crate) struct World {
    pub(crate) config: GatewayConfig,
    pub(crate) old: Shop,
    pub(crate) new: Shop,
    pub(crate) control: Control,
    pub(crate) process: Process,
    pub(crate) client: reqwest::Client,
    pub(crate) dir: tempfile::TempDir,
}

impl World {
    pub(crate) async fn with(new: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::build(new, |_| {}).await
    }

    pub(crate) async fn build(
        new: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
        change: impl FnOnce(&mut GatewayConfig),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (Shop::open(honest).await, Shop::open(new).await);
        let mut config = config(
            dir.path(),
            &format!("http://{}", old.address),
            &format!("http://{}", new.address),
        );
        change(&mut config);
        let mut control = Control::bind(&config);
        let process = Process::start(&config).await;
        control.connected().await;
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            config,
            old,
            new,
            control,
            process,
            client,
            dir,
        }
    }

    /// A request of a visitor; gives the side that answered.
    pub(crate) async fn ask(&self, visitor: u128, method: &str, path: &str) -> (String, reqwest::StatusCode) {
        self.ask_as(&cookie(visitor), method, path).await
    }

    pub(crate) async fn ask_as(&self, cookie: &str, method: &str, path: &str) -> (String, reqwest::StatusCode) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self
            .client
            .request(method, self.process.url(path))
            .header("cookie", cookie);
        let answer = request.send().await.unwrap();
        let side = answer
            .headers()
            .get("x-tidegate-side")
            .map(|v| v.to_str().unwrap().to_owned());
        let status = answer.status();
        answer.bytes().await.unwrap();
        (side.unwrap_or_default(), status)
    }

    /// Only the side.
    pub(crate) async fn side(&self, visitor: u128, method: &str, path: &str) -> String {
        self.ask(visitor, method, path).await.0
    }
}

/// The cookies of an honest visitor.
pub(crate) fn cookie(visitor: u128) -> String {
    let id = format!("{visitor:032x}");
    format!(
        "tg_id={id}; tg_id_b={:05}",
        tidegate_gateway::bucket::bucket("plan-a", &id)
    )
}

/// A visitor whose bucket is at least `from` and below `to` percent.
pub(crate) fn visitor_between(from: u32, to: u32) -> u128 {
    (1..)
        .find(|n: &u128| {
            let bucket = tidegate_gateway::bucket::bucket("plan-a", &format!("{n:032x}"));
            (from * 1_000..to * 1_000).contains(&bucket)
        })
        .unwrap()
}
