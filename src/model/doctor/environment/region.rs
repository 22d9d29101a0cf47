//! Which region the variables put in the place of the profile's.

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(super) const FINDINGS: &[&Finding] = &[&OTHER_REGION];

pub(crate) const OTHER_REGION: Finding = Finding::warn(
    "environment.other-region",
    "environment.region",
    "AWS_REGION or AWS_DEFAULT_REGION is set to a different region than the namespace's profile and takes precedence, so the AWS CLI looks for clusters and secrets there. kubectl with nsaccess is not affected.",
    "Unset the variable.",
);

/// Whether a variable puts another region in the place of the profile's. `set`: the variables with a value.
pub(crate) fn judge_region(set: &[(&str, &str)], own: Option<&str>, is_inside: bool) -> Judgement {
    let Some(own) = own.filter(|_| !is_inside) else {
        let seen = set.first().map_or("no variables set".to_owned(), |(name, value)| format!("{name}={value}"));
        return Judgement::ok(seen);
    };
    let other: Vec<&(&str, &str)> = set.iter().filter(|(_, region)| *region != own).collect();
    let Some((variable, region)) = other.first() else { return Judgement::ok(own) };
    let names: Vec<&str> = other.iter().map(|(name, _)| *name).collect();
    Judgement::problem(
        Problem::of(&OTHER_REGION, format!("the AWS CLI uses the region {region}, but the namespace is in {own}"))
            .because(format!("{variable} takes precedence over the profile's region"))
            .try_next(format!("unset {}", names.join(" "))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_region_is_told_with_the_variables_to_unset() {
        let tried = |set: &[(&str, &str)], own, inside| {
            judge_region(set, own, inside).problems.first().map(|problem| problem.try_next[0].clone())
        };
        let (new, old) = (("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "us-east-1"));
        assert_eq!(tried(&[new], Some("eu-west-1"), false).as_deref(), Some("unset AWS_REGION"));
        assert_eq!(
            tried(&[new, old], Some("eu-west-1"), false).as_deref(),
            Some("unset AWS_REGION AWS_DEFAULT_REGION")
        );
        assert_eq!(tried(&[new], Some("us-east-1"), false), None);
        assert_eq!(tried(&[new], None, false), None, "the profile names none");
        assert_eq!(tried(&[new], Some("eu-west-1"), true), None);
        assert_eq!(tried(&[], Some("eu-west-1"), false), None);
    }
}
