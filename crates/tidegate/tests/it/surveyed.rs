//! Pages of the new side as a gate's criterion: a real `serve`, a real shop that plants a fault and mends it.

use serde_json::Value;

use crate::shoppers::{self, Crowd, Visitor};
use crate::upstream::{Asked, Upstream};
use crate::world::{ESTATE, Options, World, until};

const PUBLIC: &str = "https://toy.example";

const PATHS: [&str; 3] = ["/product/mug", "/product/poster", "/product/card"];

/// A page that names its own address, in a shop that can be told to name another.
fn page(path: &str, canonical: &str) -> String {
    format!(
        "<!doctype html><html><head><title>{path}</title><link rel=canonical href=\"{PUBLIC}{canonical}\"></head>\
         <body><h1>{path}</h1><p>in stock</p></body></html>"
    )
}

fn sitemap(paths: &[String]) -> String {
    let places: String = paths
        .iter()
        .map(|path| format!("<url><loc>{PUBLIC}{path}</loc></url>"))
        .collect();
    format!("<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{places}</urlset>")
}

/// Sound pages of these paths, and a sitemap of them.
fn open(shop: &Upstream, paths: &[String]) {
    for path in paths {
        shop.put(path, &page(path, path));
    }
    shop.put("/sitemap.xml", &sitemap(paths));
}

/// The usual estate with this criterion in its gate, exposed to a tenth of a crowd.
struct Shop {
    world: World,
    ana: String,
    _crowd: Option<Crowd>,
}

impl Shop {
    fn serve(criterion: &str, soak: &str, prepare: impl FnOnce(&World)) -> Self {
        let line = "          - { incidents:";
        let estate = ESTATE.replace(line, &format!("          - {criterion}\n{line}"));
        let mut shop = Self::run(&estate, soak, prepare);
        shop._crowd = Some(Crowd::at(shop.world.edge()));
        shop.ask(&["approve", "shop"]);
        shop
    }

    /// Without a visitor, and not yet approved.
    fn run(estate: &str, soak: &str, prepare: impl FnOnce(&World)) -> Self {
        // It says in its log what it gives up.
        let through = ["env", "TIDEGATE_LOG=info"].map(str::to_owned).to_vec();
        let mut world = World::quiet(Options {
            through,
            ..Options::default()
        });
        prepare(&world);
        let source = format!("--source=new-pages={}", world.new.url());
        world.options.arguments.push(source);
        world.options.settings.push(("SOAK", soak.into()));
        // One of them looks once an hour.
        let estate = estate.replace("at-most: 10m", "at-most: 3h");
        std::fs::write(world.estate().join("tidegate.yaml"), estate).unwrap();
        world.serve();
        let ana = world.token("ana");
        Self {
            world,
            ana,
            _crowd: None,
        }
    }

    fn ask(&self, arguments: &[&str]) {
        let token = [("TIDEGATE_TOKEN", self.ana.as_str())];
        self.world.run_with(arguments, &token).fine();
    }

    /// Waits for a verdict of the survey; the stage as the status has it.
    #[track_caller]
    fn says(&self, verdict: &str) -> Value {
        let is_so = |stage: &Value| {
            let mut criteria = stage["criteria"].as_array().unwrap().iter();
            criteria.any(|one| one["kind"] == "crawl" && one["verdict"] == verdict)
        };
        self.world.until_stage(&self.ana, verdict, is_so)
    }

    fn surveyed(&self) -> Value {
        let bearer = format!("Bearer {}", self.ana);
        let headers = [("Authorization", bearer.as_str())];
        let answer = shoppers::ask(self.world.admin(), "GET", "/api/v1/surveys", &headers, "").unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let all: Value = serde_json::from_str(&answer.body).unwrap();
        all[0].clone()
    }

    fn journal(&self) -> String {
        let all = ["journal", "show", "--json", "--limit", "1000000"];
        self.world.run(&all).fine()
    }

    /// When each survey began that began since the gate opened, in milliseconds.
    fn surveyed_for_the_gate(&self) -> Vec<i64> {
        let journal = self.journal();
        let entries: Vec<Value> = journal
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let opened = entries.iter().find(|entry| entry["body"]["kind"] == "gate-opened");
        let Some(opened) = opened.and_then(|entry| entry["at"].as_i64()) else {
            return Vec::new();
        };
        let began = entries
            .iter()
            .filter_map(|entry| entry["body"]["observation"]["surveyed"]["at"].as_i64());
        began.filter(|at| *at >= opened).collect()
    }

    /// Requests of surveys that the new side has met.
    fn asked(&self) -> usize {
        let asked = self.world.new.asked().into_iter();
        let is_ours = |agent: &String| agent.starts_with("tidegate/");
        asked
            .filter(|one| one.headers.get("user-agent").is_some_and(is_ours))
            .count()
    }
}

#[test]
fn a_planted_fault_holds_the_stage_and_mended_pages_let_it_grow() {
    let criterion = format!(
        "{{ crawl: {{ on: new-pages, public: \"{PUBLIC}\", sitemap: /sitemap.xml }}, name: pages, at-most: 0, \
         addresses-at-least: 3, every: 1s, timeout: 500ms, stale-after: 30s, owner: shop }}"
    );
    let shop = Shop::serve(&criterion, "2s", |world| {
        open(&world.new, &PATHS.map(str::to_owned));
        world
            .new
            .put("/product/poster", &page("/product/poster", "/product/mug"));
    });
    let stage = shop.says("harm");
    assert_eq!(
        (&stage["exposure"], &stage["proven"]),
        (&1_000.into(), &0.into()),
        "{stage}"
    );
    let stage = shop.world.until_stage(&shop.ana, "a hold", |stage| {
        !stage["holds"].as_array().unwrap().is_empty()
    });
    assert!(stage["holds"].to_string().contains("1 canonical"), "{stage}");
    let told = shop.world.run(&["why", "pages"]).stdout;
    assert!(
        told.contains("3 addresses, 1 with a fault: 1 canonical; /product/poster"),
        "{told}"
    );
    let shown = shop.surveyed();
    assert_eq!(
        (
            &shown["verdict"],
            &shown["found"]["looked_at"],
            &shown["found"]["faulty"]
        ),
        (&"harm".into(), &3.into(), &1.into()),
        "{shown}"
    );
    assert_eq!(shown["found"]["faults"][0]["class"], "canonical", "{shown}");
    let journal = shop.journal();
    assert!(
        journal.contains("\"surveyed\"") && journal.contains("harm-found"),
        "{journal}"
    );

    shop.world
        .new
        .put("/product/poster", &page("/product/poster", "/product/poster"));
    shop.says("pass");
    shop.ask(&["resume", "shop", "--reason", "the template names each page itself"]);
    // The gate asks for a survey of its own, hears, and passes.
    shop.world
        .until_stage(&shop.ana, "a passed gate", |stage| stage["proven"] == 1_000);
    let told = shop.world.run(&["why", "pages"]).stdout;
    assert!(told.contains("asked") && told.contains("the gate asked at"), "{told}");
    shop.ask(&["approve", "shop"]);
    shop.world
        .until_stage(&shop.ana, "the next step", |stage| stage["exposure"] == 5_000);
    shop.says("pass");
    shop.world.run(&["journal", "verify", "--recompute"]).fine();
}

#[test]
fn a_survey_ends_with_the_exposure_that_it_began_under() {
    // One address a second: it would go on for minutes.
    let paths: Vec<String> = (0..200).map(|n| format!("/product/{n}")).collect();
    let criterion = format!(
        "{{ crawl: {{ on: new-pages, public: \"{PUBLIC}\", sitemap: /sitemap.xml, per-second: 1 }}, name: pages, \
         at-most: 0, every: 1h, timeout: 500ms, owner: shop, on-harm: rollback }}"
    );
    let shop = Shop::serve(&criterion, "3h", |world| open(&world.new, &paths));
    until("a survey that has begun", || (shop.asked() > 3).then_some(()));
    shop.ask(&["rollback", "shop", "--reason", "we want to look at it first"]);
    shop.world
        .until_stage(&shop.ana, "the way back", |stage| stage["phase"] == "rolled back");
    until("the end of the survey", || {
        shop.world.log().contains("a survey is given up").then_some(())
    });
    assert!(shop.asked() < paths.len(), "it went on to its end");
    assert!(!shop.journal().contains("\"surveyed\""));
}

/// One page that cannot be had at the wrong moment keeps no gate until the schedule comes round, and is not asked for without a rest.
#[test]
fn a_survey_that_fell_short_goes_again_after_a_rest_while_its_gate_waits() {
    let criterion = format!(
        "{{ crawl: {{ on: new-pages, public: \"{PUBLIC}\", sitemap: /sitemap.xml }}, name: pages, at-most: 0, \
         addresses-at-least: 3, every: 1h, timeout: 500ms, owner: shop }}"
    );
    let shop = Shop::serve(&criterion, "1s", |world| {
        open(&world.new, &PATHS.map(str::to_owned));
        world.new.leave_unheard("/product/poster");
    });
    until("a survey of the gate's own", || {
        (!shop.surveyed_for_the_gate().is_empty()).then_some(())
    });
    shop.says("no data");
    shop.world
        .new
        .put("/product/poster", &page("/product/poster", "/product/poster"));
    shop.world
        .until_stage(&shop.ana, "a passed gate", |stage| stage["proven"] == 1_000);
    let began = shop.surveyed_for_the_gate();
    assert!(began.len() >= 2, "{began:?}");
    let rests = began.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(rests.min() >= Some(5_000), "it went again without a rest: {began:?}");
}

/// Attempts that gateways have counted, of both sides.
fn attempts(journal: &str) -> u64 {
    let of = |counts: &Value| counts["old"]["n"].as_u64().unwrap() + counts["new"]["n"].as_u64().unwrap();
    let events = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let counted = events.filter_map(|event| find(&event, "counts").cloned());
    counted
        .flat_map(|all| all.as_array().unwrap().iter().map(of).collect::<Vec<_>>())
        .sum()
}

/// The first value of this name, however deep.
fn find<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map
            .get(name)
            .or_else(|| map.values().find_map(|below| find(below, name))),
        Value::Array(list) => list.iter().find_map(|below| find(below, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[test]
fn through_the_gateway_the_new_side_is_seen_before_any_visitor_and_nobody_is_counted() {
    let criterion = format!(
        "{{ crawl: {{ through: gateway, public: \"{PUBLIC}\", sitemap: /sitemap.xml, same-as: old }}, name: pages, at-most: 0, \
         addresses-at-least: 3, every: 2s, timeout: 1s, stale-after: 30s, owner: shop }}"
    );
    let (flow, step) = ("          - { flow: browse,", "        - { to: 10%,");
    let estate: Vec<String> = ESTATE
        .lines()
        .map(|line| match line {
            line if line.starts_with(flow) => format!("          - {criterion}"),
            line if line.starts_with(step) => {
                format!("        - {{ to: 0%, soak: 1h, at-most: 10m, margin: 20% }}\n{line}")
            }
            line => line.replace("shop/browse-completion", "shop/pages"),
        })
        .collect();
    let paths = PATHS.map(str::to_owned);
    let shop = Shop::run(&estate.join("\n"), "2s", |world| {
        open(&world.old, &paths);
        open(&world.new, &paths);
        let fault = page("/product/poster", "/product/mug");
        world.new.put("/product/poster", &fault);
    });
    shop.ask(&["approve", "shop"]);
    let stage = shop.says("harm");
    assert_eq!(stage["exposure"], 0, "{stage}");
    let told = shop.world.run(&["why", "pages"]).stdout;
    assert!(
        told.contains("1 canonical") && told.contains("/product/poster"),
        "{told}"
    );
    assert!(
        told.contains("1 parity: canonical"),
        "held against the old side: {told}"
    );

    // A stranger who brings what looks like a pass is a visitor like any other.
    let mut stranger = Visitor::default();
    let forged = format!("shop;new;{};{:032x};{}", 1_u64 << 41, 7, "0".repeat(64));
    let mut ask = || {
        let pass = [("X-Tidegate-Pass", forged.as_str())];
        stranger.get_with(shop.world.edge(), "/product/mug", &pass).unwrap()
    };
    let first = ask();
    assert_eq!((first.side(), first.cookies.len()), ("old", 2), "{first:?}");
    assert_eq!(attempts(&shop.journal()), 0, "so far surveys alone have come");
    assert_eq!(ask().side(), "old");
    until("the stranger is counted", || {
        (attempts(&shop.journal()) > 0).then_some(())
    });
    assert_eq!(attempts(&shop.journal()), 1);
    for side in [&shop.world.old, &shop.world.new] {
        let of_survey = |one: &&Asked| {
            assert!(!one.headers.contains_key("x-tidegate-pass"), "{one:?}");
            one.headers
                .get("user-agent")
                .is_some_and(|who| who.starts_with("tidegate/"))
        };
        let met = side.asked();
        let surveys: Vec<&Asked> = met.iter().filter(of_survey).collect();
        assert!(!surveys.is_empty());
        assert!(surveys.iter().all(|one| !one.headers.contains_key("cookie")));
    }

    shop.world
        .new
        .put("/product/poster", &page("/product/poster", "/product/poster"));
    shop.says("pass");
    shop.world.run(&["journal", "verify", "--recompute"]).fine();
}
