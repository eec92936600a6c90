//! An edge compiled for matching: which route takes a request, what it means to the flows, and how the path reads on a side.

use tidegate_model::edge::{CallbackRule, Edge, Moved, OnDecrease, Redirect, Route, RouteClass};
use tidegate_model::flow::{Flow, SuccessPredicate};
use tidegate_model::{FlowId, GroupId, Millis, RouteId, UnitId};

use crate::config::GatewayConfig;
use crate::pattern::{Captures, Pattern, PatternError};
use crate::segment::{SEGMENTS_MAX, Sorting, WORDS_MAX};
use crate::side::Side;
use crate::upstream::{AddressError, Upstream};

/// Most flows of one gateway; a flow's place fits 16 bits in the attempts table.
pub const FLOWS_MAX: usize = 1_000;

/// Most groups of one edge: those that have flipped fit one word.
pub const GROUPS_MAX: usize = 64;

/// Why an edge cannot be compiled. The plan compiler refuses these earlier; a gateway asserts them again.
#[derive(Debug, thiserror::Error)]
pub enum RoadFault {
    /// A pattern is wrong.
    #[error("route `{route}`: {fault}")]
    Pattern {
        /// Where.
        route: RouteId,
        /// What.
        fault: PatternError,
    },
    /// A route, the fallback or a flow names a unit without upstreams.
    #[error("`{0}` names a unit without upstreams")]
    UnknownUnit(String),
    /// A flow names a route that the edge does not have.
    #[error("flow `{flow}` names the unknown route `{route}`")]
    UnknownRoute {
        /// Which flow.
        flow: FlowId,
        /// Which route.
        route: RouteId,
    },
    /// An upstream address is wrong.
    #[error("unit `{unit}`: {fault}")]
    Upstream {
        /// Where.
        unit: UnitId,
        /// What.
        fault: AddressError,
    },
    /// More than [`FLOWS_MAX`] flows.
    #[error("at most {FLOWS_MAX} flows were expected, found {0}")]
    TooManyFlows(usize),
    /// More than [`GROUPS_MAX`] groups.
    #[error("at most {GROUPS_MAX} groups were expected, found {0}")]
    TooManyGroups(usize),
    /// A group flips whole, and a unit is what a stage moves.
    #[error("group `{0}` was expected to have routes of one unit")]
    GroupOfTwoUnits(GroupId),
    /// A redirect names a group that no route is in.
    #[error("redirect of `{from}` names the unknown group `{group}`")]
    UnknownGroup {
        /// The old address.
        from: String,
        /// The group.
        group: GroupId,
    },
    /// A redirect's pattern is wrong.
    #[error("redirect of `{from}`: {fault}")]
    Redirect {
        /// The old address.
        from: String,
        /// What.
        fault: PatternError,
    },
    /// More segments or values than a record has room for.
    #[error("flow `{0}`: at most {SEGMENTS_MAX} segments of {WORDS_MAX} values each were expected")]
    TooManySegments(FlowId),
}

/// A route with its patterns compiled and its part in the flows.
#[derive(Debug)]
pub struct Road {
    /// As declared.
    pub route: Route,
    /// Place of its unit.
    pub unit: usize,
    /// Place of its group.
    pub group: Option<usize>,
    /// Flows that are entered here.
    pub entry_of: Vec<usize>,
    /// Flows that are completed here.
    pub complete_of: Vec<usize>,
    public: Pattern,
    targets: [Option<Pattern>; 2],
}

impl Road {
    /// The path on a side.
    #[must_use]
    pub fn path_on(&self, side: Side, path: &str, captures: &Captures<'_>) -> String {
        match &self.targets[side.index()] {
            Some(target) => target.fill(captures),
            None => path.to_owned(),
        }
    }

    fn takes(&self, method: &str) -> bool {
        self.route.methods.is_empty() || self.route.methods.iter().any(|m| m.eq_ignore_ascii_case(method))
    }
}

/// A group of routes.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub id: GroupId,
    /// Place of its unit.
    pub unit: usize,
}

/// An address that is another one on the new side.
#[derive(Debug)]
pub struct Redirection {
    /// Place of the group that it flips with.
    pub group: usize,
    /// Place of the group's unit.
    pub unit: usize,
    /// How it answers.
    pub moved: Moved,
    from: Pattern,
    to: Pattern,
}

impl Redirection {
    /// The new address of what was matched.
    #[must_use]
    pub fn target(&self, captures: &Captures<'_>) -> String {
        self.to.fill(captures)
    }
}

/// A unit with its upstreams.
#[derive(Debug)]
pub struct Place {
    /// Its name.
    pub unit: UnitId,
    /// Both sides, by [`Side::index`].
    pub upstreams: [Upstream; 2],
    /// What open carts do when exposure falls.
    pub on_decrease: OnDecrease,
    /// Flows of this unit.
    pub flows: Vec<usize>,
}

/// A flow as the gateway sees it.
#[derive(Debug)]
pub struct Path {
    /// Its name.
    pub id: FlowId,
    /// Place of its unit.
    pub unit: usize,
    /// An attempt that has not completed after this has failed.
    pub window: Millis,
    /// Success by side, by [`Side::index`].
    pub success: [SuccessPredicate; 2],
    /// How its visitors are told apart.
    pub sorting: Sorting,
}

/// The compiled edge.
#[derive(Debug)]
pub struct Roads {
    /// In order; first match wins.
    pub roads: Vec<Road>,
    /// Groups of routes, in the order of their first routes.
    pub groups: Vec<Group>,
    /// In order; first match wins.
    pub redirects: Vec<Redirection>,
    /// Units.
    pub places: Vec<Place>,
    /// Flows.
    pub paths: Vec<Path>,
    /// Place of the unit that takes what no route matches.
    pub fallback: usize,
    /// How callbacks find their side.
    pub callback: Option<CallbackRule>,
}

/// A matched route.
#[derive(Debug)]
pub struct Match<'p> {
    /// Place of the route.
    pub road: usize,
    /// What its names took.
    pub captures: Captures<'p>,
}

impl Roads {
    /// Compiles an edge and those of the flows that are its own (see [`flows_of`]); an estate's other edges have the rest.
    ///
    /// # Errors
    /// [`RoadFault`] with the first thing that is wrong.
    pub fn compile(edge: &Edge, flows: &[Flow]) -> Result<Self, RoadFault> {
        let flows = flows_of(edge, flows.iter());
        if flows.len() > FLOWS_MAX {
            return Err(RoadFault::TooManyFlows(flows.len()));
        }
        let unit_at = |unit: &UnitId, named_by: &dyn std::fmt::Display| {
            let place = edge.units.iter().position(|u| &u.unit == unit);
            place.ok_or_else(|| RoadFault::UnknownUnit(named_by.to_string()))
        };
        let mut roads = Vec::new();
        let mut groups: Vec<Group> = Vec::new();
        for route in &edge.routes {
            let unit = unit_at(&route.unit, &route.id)?;
            let group = route.group.as_ref().map(|id| group_at(&mut groups, id, unit));
            roads.push(compile_route(route, unit, group.transpose()?)?);
        }
        if groups.len() > GROUPS_MAX {
            return Err(RoadFault::TooManyGroups(groups.len()));
        }
        let redirects = edge.redirects.iter().map(|one| compile_redirect(one, &groups));
        let redirects = redirects.collect::<Result<_, _>>()?;
        let mut places = Vec::new();
        for unit in &edge.units {
            let read = |text: &str| {
                Upstream::parse(text).map_err(|fault| RoadFault::Upstream {
                    unit: unit.unit.clone(),
                    fault,
                })
            };
            places.push(Place {
                unit: unit.unit.clone(),
                upstreams: [read(&unit.old)?, read(&unit.new)?],
                on_decrease: unit.on_decrease,
                flows: Vec::new(),
            });
        }
        let mut paths = Vec::new();
        for (at, flow) in flows.iter().enumerate() {
            let unit = unit_at(&flow.unit, &flow.id)?;
            places[unit].flows.push(at);
            road_named(&mut roads, flow, &flow.entry)?.entry_of.push(at);
            road_named(&mut roads, flow, &flow.complete)?.complete_of.push(at);
            let sorting = Sorting::of(&flow.segments);
            paths.push(Path {
                sorting: sorting.ok_or_else(|| RoadFault::TooManySegments(flow.id.clone()))?,
                id: flow.id.clone(),
                unit,
                window: flow.window,
                success: [flow.success_old.clone(), flow.success_new.clone()],
            });
        }
        Ok(Self {
            roads,
            groups,
            redirects,
            places,
            paths,
            fallback: unit_at(&edge.fallback, &edge.id)?,
            callback: edge.callback.clone(),
        })
    }

    /// The first route that takes this method and path.
    #[must_use]
    pub fn find<'p>(&self, method: &str, path: &'p str) -> Option<Match<'p>> {
        self.roads.iter().enumerate().find_map(|(at, road)| {
            let captures = road.takes(method).then(|| road.public.captures(path))??;
            Some(Match { road: at, captures })
        })
    }

    /// The first redirect that moves this address, for whoever only reads.
    #[must_use]
    pub fn moved<'p>(&self, method: &str, path: &'p str) -> Option<(usize, Captures<'p>)> {
        if !matches!(method, "GET" | "HEAD") {
            return None;
        }
        let mut redirects = self.redirects.iter().enumerate();
        redirects.find_map(|(at, one)| one.from.captures(path).map(|captures| (at, captures)))
    }

    /// Whether a success predicate of this route reads bodies, so that answers must come uncompressed.
    #[must_use]
    pub fn reads_body(&self, road: &Road, side: Side) -> bool {
        road.complete_of
            .iter()
            .any(|flow| self.paths[*flow].success[side.index()].reads_body())
    }

    /// Whether the body of a request that enters here tells its visitor's segments.
    #[must_use]
    pub fn sorts_by_body(&self, road: &Road) -> bool {
        road.entry_of.iter().any(|flow| self.paths[*flow].sorting.reads_body())
    }

    /// The place of a unit.
    #[must_use]
    pub fn place_of(&self, unit: &UnitId) -> Option<usize> {
        self.places.iter().position(|p| &p.unit == unit)
    }

    /// The place of a flow.
    #[must_use]
    pub fn path_of(&self, flow: &FlowId) -> Option<usize> {
        self.paths.iter().position(|p| &p.id == flow)
    }
}

/// The flows that are walked on an edge: it has upstreams for their unit, and at least one of their two points. A flow with
/// one point here and the other missing is this edge's, and its fault is found when it is compiled.
pub fn flows_of<'f>(edge: &Edge, flows: impl Iterator<Item = &'f Flow>) -> Vec<Flow> {
    let serves = |unit: &UnitId| edge.units.iter().any(|u| &u.unit == unit);
    let has = |route: &RouteId| edge.routes.iter().any(|r| &r.id == route);
    flows
        .filter(|flow| serves(&flow.unit) && (has(&flow.entry) || has(&flow.complete)))
        .cloned()
        .collect()
}

/// Says whether a gateway could start with this configuration, without starting anything.
///
/// # Errors
/// [`RoadFault`] with the first thing that is wrong.
pub fn check_config(config: &GatewayConfig) -> Result<(), RoadFault> {
    Roads::compile(&config.edge, &config.flows).map(|_| ())
}

/// Whether requests of this class may begin an attempt or mint a visitor.
#[must_use]
pub fn is_visited(class: RouteClass) -> bool {
    match class {
        RouteClass::Page | RouteClass::Api => true,
        RouteClass::Asset | RouteClass::Callback => false,
    }
}

/// The place of a group, which is new with its first route.
fn group_at(groups: &mut Vec<Group>, id: &GroupId, unit: usize) -> Result<usize, RoadFault> {
    let found = groups.iter().position(|group| &group.id == id);
    let at = found.unwrap_or_else(|| {
        groups.push(Group { id: id.clone(), unit });
        groups.len() - 1
    });
    if groups[at].unit == unit {
        Ok(at)
    } else {
        Err(RoadFault::GroupOfTwoUnits(id.clone()))
    }
}

fn compile_redirect(redirect: &Redirect, groups: &[Group]) -> Result<Redirection, RoadFault> {
    let at_redirect = |fault| RoadFault::Redirect {
        from: redirect.from.clone(),
        fault,
    };
    let from = Pattern::parse(&redirect.from).map_err(at_redirect)?;
    let to = Pattern::parse(&redirect.to).map_err(at_redirect)?;
    to.check_target_of(&from).map_err(at_redirect)?;
    let group = groups.iter().position(|group| group.id == redirect.group);
    let group = group.ok_or_else(|| RoadFault::UnknownGroup {
        from: redirect.from.clone(),
        group: redirect.group.clone(),
    })?;
    Ok(Redirection {
        group,
        unit: groups[group].unit,
        moved: redirect.moved,
        from,
        to,
    })
}

fn compile_route(route: &Route, unit: usize, group: Option<usize>) -> Result<Road, RoadFault> {
    let at_route = |fault| RoadFault::Pattern {
        route: route.id.clone(),
        fault,
    };
    let public = Pattern::parse(&route.path).map_err(at_route)?;
    let target = |text: &Option<String>| -> Result<Option<Pattern>, RoadFault> {
        let Some(text) = text else { return Ok(None) };
        let pattern = Pattern::parse(text).map_err(at_route)?;
        pattern.check_target_of(&public).map_err(at_route)?;
        Ok(Some(pattern))
    };
    Ok(Road {
        targets: [target(&route.old_path)?, target(&route.new_path)?],
        route: route.clone(),
        unit,
        group,
        entry_of: Vec::new(),
        complete_of: Vec::new(),
        public,
    })
}

fn road_named<'r>(roads: &'r mut [Road], flow: &Flow, id: &RouteId) -> Result<&'r mut Road, RoadFault> {
    let road = roads.iter_mut().find(|r| &r.route.id == id);
    road.ok_or_else(|| RoadFault::UnknownRoute {
        flow: flow.id.clone(),
        route: id.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_model::flow::{Segment, SegmentSource};

    #[test]
    fn first_match_wins_and_methods_count() {
        let roads = Roads::compile(&crate::sample::edge(), &[crate::sample::flow()]).unwrap();
        let name = |method: &str, path: &str| {
            roads
                .find(method, path)
                .map(|m| roads.roads[m.road].route.id.to_string())
        };
        assert_eq!(name("POST", "/cart").as_deref(), Some("enter"));
        assert_eq!(name("post", "/cart").as_deref(), Some("enter"));
        assert_eq!(name("GET", "/cart").as_deref(), None);
        assert_eq!(name("GET", "/assets/a.css").as_deref(), Some("assets"));
        assert_eq!(name("GET", "/nowhere").as_deref(), None);
    }

    #[test]
    fn a_path_is_written_for_the_side_it_goes_to() {
        let roads = Roads::compile(&crate::sample::edge(), &[crate::sample::flow()]).unwrap();
        let found = roads.find("GET", "/product/a-1").unwrap();
        let road = &roads.roads[found.road];
        assert_eq!(road.path_on(Side::Old, "/product/a-1", &found.captures), "/product/a-1");
        assert_eq!(road.path_on(Side::New, "/product/a-1", &found.captures), "/p/a-1");
    }

    #[test]
    fn flows_of_other_edges_are_none_of_this_ones_business() {
        let mut of_another_unit = crate::sample::flow();
        of_another_unit.id = FlowId::parse("search").unwrap();
        of_another_unit.unit = UnitId::parse("catalog").unwrap();
        let mut of_another_edge = crate::sample::flow();
        of_another_edge.id = FlowId::parse("mobile").unwrap();
        of_another_edge.entry = RouteId::parse("mobile-enter").unwrap();
        of_another_edge.complete = RouteId::parse("mobile-pay").unwrap();
        let estate = [of_another_unit, crate::sample::flow(), of_another_edge];
        let edge = crate::sample::edge();
        assert_eq!(flows_of(&edge, estate.iter()), [crate::sample::flow()]);
        let roads = Roads::compile(&edge, &estate).unwrap();
        let names: Vec<&str> = roads.paths.iter().map(|p| p.id.as_str()).collect();
        assert_eq!(names, ["checkout"]);
        assert_eq!(roads.places[0].flows, [0]);
        let enter = roads.find("POST", "/cart").unwrap();
        assert_eq!(roads.roads[enter.road].entry_of, [0]);
    }

    #[test]
    fn names_that_lead_nowhere_are_refused() {
        let mut flow = crate::sample::flow();
        flow.entry = RouteId::parse("nowhere").unwrap();
        let fault = Roads::compile(&crate::sample::edge(), &[flow]).unwrap_err();
        assert_eq!(fault.to_string(), "flow `checkout` names the unknown route `nowhere`");
        let mut flow = crate::sample::flow();
        let segment = |n: usize| Segment {
            id: tidegate_model::SegmentId::parse(&format!("s{n}")).unwrap(),
            read: SegmentSource::Query("q".to_owned()),
            words: Vec::new(),
        };
        flow.segments = (0..5).map(segment).collect();
        let fault = Roads::compile(&crate::sample::edge(), &[flow]).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "flow `checkout`: at most 4 segments of 15 values each were expected"
        );
        let mut edge = crate::sample::edge();
        edge.fallback = UnitId::parse("stranger").unwrap();
        let fault = Roads::compile(&edge, &[]).unwrap_err();
        assert_eq!(fault.to_string(), "`front` names a unit without upstreams");
    }
}
