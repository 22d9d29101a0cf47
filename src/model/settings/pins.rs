//! What is set for one access: where it leads and whose identity it uses.

use super::{Sourced, check};

/// The pins of one access, each as a file has it or with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PinSet<Text, Flag> {
    /// The namespace, where the access has another name.
    pub(crate) namespace: Option<Text>,
    pub(crate) account: Option<Text>,
    pub(crate) role: Option<Text>,
    pub(crate) cluster: Option<Text>,
    pub(crate) region: Option<Text>,
    /// The portal of this access.
    pub(crate) start_url: Option<Text>,
    pub(crate) sso_region: Option<Text>,
    /// An IAM role to assume, in place of a permission set.
    pub(crate) role_arn: Option<Text>,
    /// The AWS profile that assumes the role; without a role, the identity itself.
    pub(crate) source_profile: Option<Text>,
    pub(crate) external_id: Option<Text>,
    pub(crate) mfa_serial: Option<Text>,
    pub(crate) session_name: Option<Text>,
    /// As it was typed: `1h`, `45m`, `3600`.
    pub(crate) duration: Option<Text>,
    /// Whether to ask for confirmation before changes.
    pub(crate) production: Option<Flag>,
}

/// The pins of one access, with where each comes from.
pub(crate) type Pins = PinSet<Sourced<String>, Sourced<bool>>;

/// The values of a `[namespace.<name>]` table, or of the top of a project's file.
pub(crate) type PinValues = PinSet<String, bool>;

impl<Text, Flag> Default for PinSet<Text, Flag> {
    fn default() -> Self {
        PinSet {
            namespace: None,
            account: None,
            role: None,
            cluster: None,
            region: None,
            start_url: None,
            sso_region: None,
            role_arn: None,
            source_profile: None,
            external_id: None,
            mfa_serial: None,
            session_name: None,
            duration: None,
            production: None,
        }
    }
}

/// The pins that are texts, in the order in which they are shown.
pub(super) const TEXTS: [&str; 13] = [
    "namespace",
    "account",
    "role",
    "cluster",
    "region",
    "start_url",
    "sso_region",
    "role_arn",
    "source_profile",
    "external_id",
    "mfa_serial",
    "session_name",
    "duration",
];

impl<Text, Flag> PinSet<Text, Flag> {
    /// The texts, in the order of [`TEXTS`].
    pub(super) fn values(&self) -> [&Option<Text>; TEXTS.len()] {
        [
            &self.namespace,
            &self.account,
            &self.role,
            &self.cluster,
            &self.region,
            &self.start_url,
            &self.sso_region,
            &self.role_arn,
            &self.source_profile,
            &self.external_id,
            &self.mfa_serial,
            &self.session_name,
            &self.duration,
        ]
    }

    /// The same, to be filled.
    pub(super) fn places(&mut self) -> [&mut Option<Text>; TEXTS.len()] {
        [
            &mut self.namespace,
            &mut self.account,
            &mut self.role,
            &mut self.cluster,
            &mut self.region,
            &mut self.start_url,
            &mut self.sso_region,
            &mut self.role_arn,
            &mut self.source_profile,
            &mut self.external_id,
            &mut self.mfa_serial,
            &mut self.session_name,
            &mut self.duration,
        ]
    }

    /// The texts that are set, with their names.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        TEXTS.into_iter().zip(self.values()).filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }

    /// Makes the texts by their names.
    pub(super) fn try_of<E>(
        text: impl Fn(&'static str) -> Result<Option<Text>, E>,
        production: Option<Flag>,
    ) -> Result<Self, E> {
        let mut pins = PinSet { production, ..PinSet::default() };
        for (key, place) in TEXTS.into_iter().zip(pins.places()) {
            *place = text(key)?;
        }
        Ok(pins)
    }
}

impl<Text, Flag> PinSet<Text, Flag> {
    /// Whether a portal's identity is named.
    fn names_permission_set(&self) -> bool {
        self.account.is_some() || self.role.is_some() || self.start_url.is_some()
    }

    /// Whether a profile's, or a role that one assumes.
    fn names_profile(&self) -> bool {
        self.role_arn.is_some() || self.source_profile.is_some()
    }
}

/// The pins that say which identity of a profile is meant, and how it is assumed.
const OF_A_PROFILE: [&str; 6] = ["role_arn", "source_profile", "external_id", "mfa_serial", "session_name", "duration"];
/// Those that say which one of a portal.
const OF_A_PORTAL: [&str; 4] = ["account", "role", "start_url", "sso_region"];

impl Pins {
    /// Takes what is not set yet from another layer. An identity is never put together from two of them: whichever names
    /// a role or a profile says how it is assumed, too, and where one names a portal's, a weaker one names no other kind.
    pub(super) fn fill(&mut self, weaker: &Pins) {
        let (by_profile, by_portal) = (self.names_profile(), self.names_permission_set());
        let of_other_kind = weaker.names_profile() && !weaker.names_permission_set();
        let role = |pins: &Pins| pins.role_arn.as_ref().map(|pin| pin.value.clone());
        let is_same_role = by_profile && role(self).is_some() && role(self) == role(weaker);
        for ((key, place), value) in TEXTS.into_iter().zip(self.places()).zip(weaker.values()) {
            let is_settled = match key {
                _ if OF_A_PROFILE.contains(&key) => by_profile && !is_same_role || by_portal,
                _ if OF_A_PORTAL.contains(&key) => by_profile || of_other_kind && !by_portal,
                _ => false,
            };
            if place.is_none() && !is_settled {
                place.clone_from(value);
            }
        }
        if self.production.is_none() {
            self.production.clone_from(&weaker.production);
        }
    }

    /// The pin of this name.
    pub(crate) fn text(&self, key: &str) -> Option<&Sourced<String>> {
        self.texts().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The seconds that a session of the role lasts.
    pub(crate) fn duration_in_seconds(&self) -> Option<u32> {
        check::seconds(&self.duration.as_ref()?.value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::settings::Origin;

    #[test]
    fn every_text_has_its_own_name_and_place() {
        let pins = PinValues::try_of(|key| Ok::<_, ()>(Some(key.to_owned())), Some(true)).expect("made");
        for (key, value) in pins.texts() {
            assert_eq!(key, value);
        }
        assert_eq!((pins.role_arn.as_deref(), pins.duration.as_deref()), (Some("role_arn"), Some("duration")));
        assert_eq!(pins.texts().count(), TEXTS.len());
    }

    #[test]
    fn the_stronger_layer_keeps_its_values() {
        let pins = |text: &str, keys: &'static [&str]| {
            let value = |key| keys.contains(&key).then(|| Sourced::new(text.to_owned(), Origin::Default));
            Pins::try_of(|key| Ok::<_, ()>(value(key)), None).expect("made")
        };
        let mut found = pins("strong", &["role_arn"]);
        found.fill(&pins("weak", &["role_arn", "cluster"]));
        let shown: Vec<(&str, &str)> = found.texts().map(|(key, text)| (key, text.value.as_str())).collect();
        assert_eq!(shown, [("cluster", "weak"), ("role_arn", "strong")]);
        assert_eq!(found.text("cluster").map(|text| text.value.as_str()), Some("weak"));
        assert_eq!(found.text("account"), None);
    }

    #[test]
    fn one_layer_names_the_identity() {
        let layer = |keys: &[(&str, &str)]| {
            let value = |key: &str| keys.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
            let text = |key| Ok::<_, ()>(value(key).map(|text| Sourced::new(text, Origin::Default)));
            Pins::try_of(text, None).expect("made")
        };
        let filled = |stronger: &[(&str, &str)], weaker: &[(&str, &str)]| {
            let mut pins = layer(stronger);
            pins.fill(&layer(weaker));
            pins.texts().map(|(key, value)| format!("{key} {}", value.value)).collect::<Vec<_>>()
        };
        let organisation = [("role_arn", "theirs"), ("source_profile", "corp"), ("external_id", "x"), ("cluster", "c")];
        // A role of one's own is not assumed as the organisation's is.
        assert_eq!(filled(&[("role_arn", "mine")], &organisation), ["cluster c", "role_arn mine"]);
        assert_eq!(filled(&[("source_profile", "me")], &organisation), ["cluster c", "source_profile me"]);
        let same = ["cluster c", "role_arn theirs", "source_profile corp", "external_id x"];
        assert_eq!(filled(&[("role_arn", "theirs")], &organisation), same);
        assert_eq!(filled(&[("account", "1")], &organisation), ["account 1", "cluster c"]);
        let set = [("account", "1"), ("role", "r"), ("start_url", "u"), ("sso_region", "e")];
        assert_eq!(filled(&[("role_arn", "mine")], &set), ["role_arn mine"]);
        // A portal's may be put together, and an option alone names nothing.
        assert_eq!(filled(&[("role", "mine")], &set), ["account 1", "role mine", "start_url u", "sso_region e"]);
        let options = filled(&[("external_id", "y")], &organisation);
        assert_eq!(options, ["cluster c", "role_arn theirs", "source_profile corp", "external_id y"]);
    }

    #[test]
    fn durations_are_seconds() {
        for (text, seconds) in [("3600", Some(3600)), ("1h", Some(3600)), ("45m", Some(2700)), ("1d", None)] {
            let duration = Some(Sourced::new(text.to_owned(), Origin::Default));
            assert_eq!(Pins { duration, ..Pins::default() }.duration_in_seconds(), seconds, "{text}");
        }
    }
}
