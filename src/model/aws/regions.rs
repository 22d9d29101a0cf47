//! The regions of AWS that have EKS. A region that is not here is new: everything works there once it is named.
//! Source: <https://docs.aws.amazon.com/general/latest/gr/eks.html>.

use crate::model::aws::partition::Partition;
use crate::model::kube::namespace::similar;

const KNOWN: [&str; 39] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "cn-north-1",
    "cn-northwest-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "eusc-de-east-1",
];

/// The other regions of a region's partition.
pub(crate) fn beside<'a>(regions: &'a [String]) -> impl Iterator<Item = &'static str> + 'a {
    let partition = regions.first().map(|region| Partition::of_region(region));
    let is_beside = move |region: &&str| Some(Partition::of_region(region)) == partition;
    KNOWN.into_iter().filter(is_beside).filter(|region| regions.iter().all(|asked| asked != region))
}

/// Whether it is a region that was there when this was written.
pub(crate) fn is_known(region: &str) -> bool {
    KNOWN.contains(&region)
}

/// The region that was probably meant.
pub(crate) fn meant(typed: &str) -> Option<&'static str> {
    similar(typed, KNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::settings::check_region;

    #[test]
    fn the_regions_beside_are_those_of_the_same_partition() {
        let of = |region: &str| beside(&[region.to_owned()]).collect::<Vec<_>>();
        assert_eq!(of("cn-north-1"), ["cn-northwest-1"]);
        assert_eq!(of("us-gov-west-1"), ["us-gov-east-1"]);
        assert_eq!(of("eu-west-1").len(), 33);
        assert!(!of("eu-west-1").contains(&"eu-west-1") && beside(&[]).next().is_none());
    }

    #[test]
    fn each_is_a_region_once() {
        for (index, region) in KNOWN.iter().enumerate() {
            assert_eq!(check_region(region), Ok(()));
            assert!(!KNOWN[..index].contains(region), "{region}");
        }
        assert_eq!(meant("eu-wset-1"), Some("eu-west-1"));
    }
}
