//! The documents of `-o json` and `-o yaml`, with their schemas: docs/json.md is written from them, and a test holds their
//! style.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::commands::assume_irsa::profile::ProfileDocument;
use crate::commands::can_i::document as can_i;
use crate::commands::config::{ExplanationDocument, SettingDocument, TrustDocument};
use crate::commands::console::ConsoleLink;
use crate::commands::grant::Grants;
use crate::commands::grant::presets::PresetDocument;
use crate::commands::grant::render::RenderDocument;
use crate::commands::kubeconfig::KubeconfigDocument;
use crate::commands::kubeconfig::conversion_document::ConversionDocument;
use crate::commands::list::screen::OfferDocument;
use crate::commands::login::screen::LoginDocument;
use crate::commands::logout::LogoutDocument;
use crate::commands::plan::PlanDocument;
use crate::commands::pods::document::{PodDocument, PodEventDocument};
use crate::commands::port_forward::document::ForwardDocument;
use crate::commands::revoke::Revocations;
use crate::commands::secrets::document as secrets;
use crate::commands::status::document::StatusDocument;
use crate::commands::use_context::UseDocument;
use crate::commands::version::VersionDocument;
use crate::commands::whoami::Whoami;
use crate::model::audit::document as audit;
use crate::model::doctor::document as doctor;
use crate::model::logs::lines::LogLine;
use crate::ui::ErrorDocument;

/// What a command prints for programs.
#[derive(Debug)]
pub struct Document {
    /// The command, like `nsaccess status`.
    pub command: &'static str,
    /// JSON Schema of what it prints.
    pub schema: Schema,
}

fn of<T: JsonSchema>(command: &'static str) -> Document {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| settings.inline_subschemas = true);
    Document { command, schema: settings.into_generator().into_root_schema_for::<T>() }
}

/// All of them, in the order of the page.
pub fn documents() -> Vec<Document> {
    vec![
        of::<ErrorDocument>("every error, on standard error"),
        of::<LoginDocument>("nsaccess login"),
        of::<Vec<LogoutDocument>>("nsaccess logout"),
        of::<StatusDocument>("nsaccess status"),
        of::<Vec<OfferDocument>>("nsaccess list"),
        of::<UseDocument>("nsaccess use"),
        of::<KubeconfigDocument>("nsaccess kubeconfig"),
        of::<ConversionDocument>("nsaccess kubeconfig convert"),
        of::<Vec<SettingDocument>>("nsaccess config"),
        of::<ExplanationDocument>("nsaccess config --explain"),
        of::<TrustDocument>("nsaccess config trust"),
        of::<Vec<PodDocument>>("nsaccess pods"),
        of::<PodEventDocument>("nsaccess pods --watch"),
        of::<LogLine<'static>>("nsaccess logs"),
        of::<ForwardDocument>("nsaccess port-forward"),
        of::<can_i::Tasks>("nsaccess can-i"),
        of::<can_i::Answer>("nsaccess can-i VERB RESOURCE"),
        of::<can_i::Rules>("nsaccess can-i --list"),
        of::<Whoami>("nsaccess whoami"),
        of::<Vec<secrets::SecretDocument>>("nsaccess secrets list"),
        of::<secrets::SecretDocument>("nsaccess secrets describe"),
        of::<Vec<secrets::VersionDocument>>("nsaccess secrets versions"),
        of::<secrets::ValueDocument<'static>>("nsaccess secrets get"),
        of::<secrets::DiffDocument<'static>>("nsaccess secrets diff"),
        of::<ConsoleLink<'static>>("nsaccess console"),
        of::<ProfileDocument<'static>>("nsaccess assume-irsa --profile"),
        of::<doctor::Report<'_>>("nsaccess doctor"),
        of::<doctor::Catalogue>("nsaccess doctor --list"),
        of::<PlanDocument<Grants>>("nsaccess grant"),
        of::<Vec<PresetDocument>>("nsaccess grant --presets"),
        of::<RenderDocument<'_>>("nsaccess grant render"),
        of::<PlanDocument<Revocations>>("nsaccess revoke"),
        of::<audit::Document<'_>>("nsaccess audit"),
        of::<audit::Catalogue>("nsaccess audit --list"),
        of::<VersionDocument>("nsaccess version"),
    ]
}
