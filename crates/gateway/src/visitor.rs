//! How a visitor is recognised: a random id in one cookie, its bucket in a second one that other edges may compare.
//!
//! The id is functional, not tracking: it decides which system serves a visitor, and it is never reported.

use crate::bucket::{Place, place};

/// How long the cookies live: 13 months of 30.44 days.
pub const COOKIE_SECONDS: u64 = 34_190_208;

/// A visitor's random id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VisitorId(pub u128);

impl VisitorId {
    /// A fresh id from the system's randomness.
    ///
    /// # Errors
    /// [`getrandom::Error`] when the system has none.
    pub fn mint() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(u128::from_be_bytes(bytes)))
    }

    /// Reads the cookie's text: exactly 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !plain {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(Self)
    }
}

impl std::fmt::Display for VisitorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Who asks, as far as cookies tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor {
    /// Came without a usable id; this one was minted for the answer.
    New(VisitorId, Place),
    /// Came with an id.
    Known {
        /// The id.
        id: VisitorId,
        /// Recomputed from the id.
        place: Place,
        /// What the bucket cookie said.
        bucket_cookie: BucketCookie,
    },
}

/// What the bucket cookie said about a known visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketCookie {
    /// The recomputed bucket.
    Agrees,
    /// There was none.
    Missing,
    /// Something else: routed by the recomputed bucket, never counted.
    Forged,
}

/// Names of the cookies and the salt of an edge.
#[derive(Debug, Clone)]
pub struct Recognition {
    id_cookie: String,
    bucket_cookie: String,
    salt: String,
    attributes: String,
}

impl Recognition {
    /// Reads the rules of an edge.
    #[must_use]
    pub fn of(edge: &tidegate_model::edge::Edge) -> Self {
        // A bank's cross-site return must carry the cookie; `Lax` would send the payer to the wrong side.
        let site = if edge.secure_cookies {
            "; Secure; SameSite=None"
        } else {
            "; SameSite=Lax"
        };
        Self {
            id_cookie: edge.visitor_cookie.clone(),
            bucket_cookie: format!("{}_b", edge.visitor_cookie),
            salt: edge.salt.clone(),
            attributes: format!("; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly{site}"),
        }
    }

    /// Who sent these `Cookie` headers.
    ///
    /// # Errors
    /// [`getrandom::Error`] when a new id is needed and the system has no randomness.
    pub fn recognise<'a>(&self, cookies: impl Iterator<Item = &'a str>) -> Result<Visitor, getrandom::Error> {
        let (mut id, mut bucket) = (None, None);
        for pair in cookies.flat_map(|header| header.split(';')) {
            let Some((name, value)) = pair.trim().split_once('=') else {
                continue;
            };
            if name == self.id_cookie && id.is_none() {
                id = VisitorId::parse(value);
            } else if name == self.bucket_cookie && bucket.is_none() {
                bucket = Some(value);
            }
        }
        let Some(id) = id else {
            let id = VisitorId::mint()?;
            return Ok(Visitor::New(id, self.place(id)));
        };
        let place = self.place(id);
        let bucket_cookie = match bucket {
            None => BucketCookie::Missing,
            Some(text) if text == format!("{:05}", place.bucket) => BucketCookie::Agrees,
            Some(_) => BucketCookie::Forged,
        };
        Ok(Visitor::Known {
            id,
            place,
            bucket_cookie,
        })
    }

    /// Bucket and lot of an id under this edge's salt.
    #[must_use]
    pub fn place(&self, id: VisitorId) -> Place {
        place(&self.salt, &id.to_string())
    }

    /// `Set-Cookie` lines that the answer must carry so that the visitor is recognised next time.
    #[must_use]
    pub fn set_cookies(&self, visitor: &Visitor) -> Vec<String> {
        let bucket = |place: &Place| format!("{}={:05}{}", self.bucket_cookie, place.bucket, self.attributes);
        match visitor {
            Visitor::New(id, place) => {
                vec![format!("{}={id}{}", self.id_cookie, self.attributes), bucket(place)]
            }
            Visitor::Known {
                place, bucket_cookie, ..
            } => match bucket_cookie {
                BucketCookie::Agrees => Vec::new(),
                BucketCookie::Missing | BucketCookie::Forged => vec![bucket(place)],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognition(secure: bool) -> Recognition {
        let mut edge = crate::sample::edge();
        edge.secure_cookies = secure;
        Recognition::of(&edge)
    }

    const ID: &str = "00000000000000000000000000000001";

    #[test]
    fn a_visitor_without_a_usable_id_gets_a_fresh_one() {
        for cookies in [
            "",
            "a=b",
            "tg_id=",
            "tg_id=0000000000000000000000000000000Z",
            "tg_id=01",
        ] {
            let visitor = recognition(false).recognise([cookies].into_iter()).unwrap();
            assert!(matches!(visitor, Visitor::New(..)), "{cookies}");
            assert_eq!(recognition(false).set_cookies(&visitor).len(), 2);
        }
    }

    #[test]
    fn a_bucket_cookie_that_disagrees_is_forged_and_replaced() {
        let see = |cookies: &str| recognition(false).recognise([cookies].into_iter()).unwrap();
        let cookie_of = |visitor: Visitor| match visitor {
            Visitor::Known { bucket_cookie, .. } => bucket_cookie,
            Visitor::New(..) => panic!("the id was not read"),
        };
        assert_eq!(cookie_of(see(&format!("tg_id={ID}"))), BucketCookie::Missing);
        assert_eq!(
            cookie_of(see(&format!("x=1; tg_id={ID}; tg_id_b=29834"))),
            BucketCookie::Agrees
        );
        let forged = see(&format!("tg_id={ID}; tg_id_b=00001"));
        assert_eq!(cookie_of(forged), BucketCookie::Forged);
        let set = recognition(false).set_cookies(&forged);
        assert_eq!(set.len(), 1);
        assert!(set[0].starts_with("tg_id_b=29834;"), "{set:?}");
    }

    #[test]
    fn cookies_reach_cross_site_returns_only_over_https() {
        let visitor = Visitor::New(VisitorId(1), place("plan-a", ID));
        let plain = recognition(false).set_cookies(&visitor);
        assert_eq!(
            plain[0],
            format!("tg_id={ID}; Path=/; Max-Age=34190208; HttpOnly; SameSite=Lax")
        );
        let secure = recognition(true).set_cookies(&visitor);
        assert_eq!(
            secure[1],
            "tg_id_b=29834; Path=/; Max-Age=34190208; HttpOnly; Secure; SameSite=None"
        );
    }
}
