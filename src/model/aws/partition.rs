//! AWS partitions: their regions and DNS suffixes.
//! Source: <https://docs.aws.amazon.com/general/latest/gr/rande.html> and botocore's `partitions.json`.

/// The name and the DNS suffix of a region's partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Partition {
    /// As in ARNs: `aws`, `aws-cn`, …
    pub(crate) name: &'static str,
    pub(crate) dns_suffix: &'static str,
    /// The region that requests to IAM are signed for, and IAM's host.
    pub(crate) iam: (&'static str, &'static str),
}

const PARTITIONS: &[(&str, Partition)] = &[
    (
        "cn-",
        Partition {
            name: "aws-cn",
            dns_suffix: "amazonaws.com.cn",
            iam: ("cn-north-1", "iam.cn-north-1.amazonaws.com.cn"),
        },
    ),
    (
        "us-gov-",
        Partition {
            name: "aws-us-gov",
            dns_suffix: "amazonaws.com",
            iam: ("us-gov-west-1", "iam.us-gov.amazonaws.com"),
        },
    ),
    (
        "eusc-",
        Partition {
            name: "aws-eusc",
            dns_suffix: "amazonaws.eu",
            iam: ("eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu"),
        },
    ),
    (
        "us-iso-",
        Partition { name: "aws-iso", dns_suffix: "c2s.ic.gov", iam: ("us-iso-east-1", "iam.us-iso-east-1.c2s.ic.gov") },
    ),
    (
        "us-isob-",
        Partition {
            name: "aws-iso-b",
            dns_suffix: "sc2s.sgov.gov",
            iam: ("us-isob-east-1", "iam.us-isob-east-1.sc2s.sgov.gov"),
        },
    ),
    (
        "eu-isoe-",
        Partition {
            name: "aws-iso-e",
            dns_suffix: "cloud.adc-e.uk",
            iam: ("eu-isoe-west-1", "iam.eu-isoe-west-1.cloud.adc-e.uk"),
        },
    ),
    (
        "us-isof-",
        Partition {
            name: "aws-iso-f",
            dns_suffix: "csp.hci.ic.gov",
            iam: ("us-isof-south-1", "iam.us-isof-south-1.csp.hci.ic.gov"),
        },
    ),
];

const COMMERCIAL: Partition =
    Partition { name: "aws", dns_suffix: "amazonaws.com", iam: ("us-east-1", "iam.amazonaws.com") };

impl Partition {
    /// By its name; unknown ones count as `aws`.
    pub(crate) fn named(name: &str) -> Partition {
        let known = PARTITIONS.iter().find(|(_, partition)| partition.name == name);
        known.map_or(COMMERCIAL, |(_, partition)| *partition)
    }

    /// Unknown regions count as new ones of `aws`, as in the SDKs.
    pub(crate) fn of_region(region: &str) -> Partition {
        let known = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
        known.map_or(COMMERCIAL, |(_, partition)| *partition)
    }
}

/// The regional STS host, the only one that EKS accepts in a token.
pub(crate) fn sts_host(region: &str) -> String {
    format!("sts.{region}.{}", Partition::of_region(region).dns_suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_by_partition() {
        for (region, host) in [
            ("eu-west-1", "sts.eu-west-1.amazonaws.com"),
            ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
            ("eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu"),
            ("us-isob-east-1", "sts.us-isob-east-1.sc2s.sgov.gov"),
        ] {
            assert_eq!(sts_host(region), host);
        }
        assert_eq!(Partition::of_region("eu-west-1").iam, ("us-east-1", "iam.amazonaws.com"));
        assert_eq!(Partition::of_region("us-gov-east-1").iam, ("us-gov-west-1", "iam.us-gov.amazonaws.com"));
    }
}
