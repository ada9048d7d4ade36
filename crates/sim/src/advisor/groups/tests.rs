use super::*;

/// Wallets of a kind: each figure times a noise of about 30 %.
fn kind(of: Wallet, count: usize, luck: &mut Luck) -> Vec<Wallet> {
    let mut vary = |x: f64| x * libm::exp(0.3 * luck.normal());
    (0..count)
        .map(|_| Wallet {
            tokens: vary(of.tokens),
            stake: vary(of.stake),
            age: vary(of.age),
            activity: vary(of.activity),
            payment: vary(of.payment),
        })
        .collect()
}

const HOLDER: Wallet = Wallet {
    tokens: 1e9,
    stake: 8e8,
    age: 400.0,
    activity: 1.0,
    payment: 0.0,
};
const WHALE: Wallet = Wallet {
    tokens: 1e13,
    stake: 9e12,
    age: 300.0,
    activity: 2.0,
    payment: 0.0,
};
const SHOPPER: Wallet = Wallet {
    tokens: 1e7,
    stake: 0.0,
    age: 50.0,
    activity: 40.0,
    payment: 1e5,
};

#[test]
fn kinds_that_differ_are_told_apart() {
    // Given 120 shoppers, 60 holders and 6 whales, mixed,
    for seed in 0..5 {
        let mut luck = Luck::new(seed, Purpose::Character, 0);
        let mut wallets: Vec<(usize, Wallet)> = Vec::new();
        for (index, (of, count)) in [(WHALE, 6), (HOLDER, 60), (SHOPPER, 120)]
            .into_iter()
            .enumerate()
        {
            wallets.extend(kind(of, count, &mut luck).into_iter().map(|w| (index, w)));
        }
        wallets.sort_by(|a, b| a.1.age.total_cmp(&b.1.age));
        let seen: Vec<Wallet> = wallets.iter().map(|(_, wallet)| *wallet).collect();
        // when they are grouped, then there are these three, the whales with most first,
        let groups = group(&seen, seed);
        let sizes: Vec<usize> = groups.groups.iter().map(|g| g.wallets).collect();
        assert_eq!(sizes, [6, 60, 120], "seed {seed}");
        // and everybody is with its like.
        let kinds: Vec<usize> = wallets.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(groups.of, kinds, "seed {seed}");
        assert!(groups.silhouette > Some(0.6), "{:?}", groups.silhouette);
        // The figures are those of their wallets.
        let tokens: f64 = groups.groups.iter().map(|g| g.tokens).sum();
        let owned: f64 = seen.iter().map(|wallet| wallet.tokens).sum();
        assert!((tokens / owned - 1.0).abs() < 1e-12);
        assert_eq!(groups.groups[2].staked, 0.0);
        assert!((0.6..1.2).contains(&groups.groups[1].staked));
    }
}

#[test]
fn one_cloud_is_one_group() {
    // Given wallets all alike, or all the same, or none, then there is no structure to find.
    let mut luck = Luck::new(1, Purpose::Character, 0);
    let same = vec![HOLDER; 50];
    for wallets in [same, vec![WHALE], kind(HOLDER, 2, &mut luck)] {
        let groups = group(&wallets, 0);
        assert_eq!(groups.groups.len(), 1);
        assert_eq!(groups.silhouette, None);
    }
    assert_eq!(group(&[], 0).groups, []);
}

#[test]
fn the_silhouette_is_that_of_its_definition() {
    // Given two pairs on a line at 0, 1 and 10, 11: a is 1 for all, b is 10.5 outside and
    // 9.5 inside, so the mean of (b - a) / b is (9.5 / 10.5 + 8.5 / 9.5) / 2.
    let at = |x: f64| [x, 0.0, 0.0, 0.0];
    let points = [at(0.0), at(1.0), at(10.0), at(11.0)];
    let expected = (9.5 / 10.5 + 8.5 / 9.5) / 2.0;
    let found = mean_silhouette(&points, &[0, 0, 1, 1], 2, 1);
    assert!((found - expected).abs() < 1e-12, "{found}");
    // and k-means finds the pairs.
    let of = k_means(&points, 2, 3);
    assert!(of[0] == of[1] && of[2] == of[3] && of[0] != of[2]);
}

#[test]
fn a_seed_gives_the_same_groups_twice() {
    let mut luck = Luck::new(2, Purpose::Character, 0);
    let mut wallets = kind(HOLDER, 300, &mut luck);
    wallets.extend(kind(SHOPPER, 400, &mut luck));
    assert_eq!(group(&wallets, 5), group(&wallets, 5));
}
