//! The people of the demo's estate, and how they behave. They learn by mail, and use its links and other public
//! faces only.

/// A person of the demo.
pub(crate) struct Member {
    /// Name in the estate.
    pub(crate) id: &'static str,
    /// What they do with their mail, in the words of the on-call program.
    pub(crate) behaviour: &'static str,
    /// The same for people who read the screen.
    pub(crate) says: &'static str,
}

/// Who repairs which stage, each with a token of her own.
pub(crate) const REPAIRS: &[(&str, &str)] = &[("pricing", "petra"), ("integrations", "ines"), ("seo-routing", "sofia")];

/// Everybody. `ana` owns checkout and approves its stages but sleeps through pages.
pub(crate) const MEMBERS: &[Member] = &[
    Member {
        id: "carl",
        behaviour: "approve,answer,resolve",
        says: "carl owns the catalogue and answers",
    },
    Member {
        id: "petra",
        behaviour: "approve,answer,repair:pricing,resolve",
        says: "petra owns pricing, answers, and repairs prices at the new shop's own admin address",
    },
    Member {
        id: "ana",
        behaviour: "approve",
        says: "ana owns checkout, approves, and sleeps through pages",
    },
    Member {
        id: "ines",
        behaviour: "approve,answer,repair:integrations,resolve",
        says: "ines owns the feed to the ERP, answers, and repairs its new exporter at the feed's own admin address",
    },
    Member {
        id: "sofia",
        behaviour: "approve,answer,repair:seo-routing,resolve",
        says: "sofia owns what search engines see, answers, and has landing pages made again at the new shop's own admin address",
    },
    Member {
        id: "emma",
        behaviour: "answer,act:wallet-off,resolve",
        says: "emma, engineering manager, acknowledges, switches the wallet path off and resolves",
    },
];

/// The mail address of a person.
pub(crate) fn address(id: &str) -> String {
    format!("{id}@demo.example")
}

/// One sentence about all of them.
pub(crate) fn sentence() -> String {
    MEMBERS.iter().map(|member| member.says).collect::<Vec<_>>().join("; ")
}
