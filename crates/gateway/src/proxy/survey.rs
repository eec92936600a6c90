//! Requests of Tidegate's own surveys: recognised by their pass, sent to the side that they ask for, and never counted.

use pingora_http::ResponseHeader;
use pingora_proxy::Session;
use tidegate_model::seam::{PASS_HEADER, SHOWN_HEADER, Shown};

use super::{Proxy, Trip, header};
use crate::arrival::{Arrival, Survey};
use crate::side::Side;

impl Proxy {
    /// What a survey asks for: a page, read and not written. Everybody else is a visitor.
    pub(super) fn survey(&self, session: &Session) -> Option<Survey> {
        let request = session.req_header();
        let pass = header(request, PASS_HEADER)?;
        let is_read = request.method == http::Method::GET || request.method == http::Method::HEAD;
        let path = request.uri.path_and_query()?;
        let (station, now) = (&self.station, self.station.now().at);
        let (unit, side) = station
            .doorkeeper
            .read(&station.config.gateway, pass, path.as_str(), now)
            .filter(|_| is_read)?;
        let unit = station.roads.places.iter().position(|place| place.unit == unit)?;
        Some(Survey { unit, side })
    }

    /// Tells a survey what it is shown. Nobody else is told, whatever the side says.
    pub(super) fn show(response: &mut ResponseHeader, trip: &Trip) -> pingora_core::Result<()> {
        response.remove_header(SHOWN_HEADER);
        match (trip.survey, &trip.arrival) {
            (Some(survey), Some(arrival)) => response.insert_header(SHOWN_HEADER, shown(survey, arrival).word()),
            (Some(_) | None, _) => Ok(()),
        }
    }
}

fn shown(survey: Survey, arrival: &Arrival) -> Shown {
    if arrival.unit != survey.unit {
        return Shown::Elsewhere;
    }
    match arrival.decision.side {
        Side::Old => Shown::Old,
        Side::New => Shown::New,
    }
}
