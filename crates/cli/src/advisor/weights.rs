//! The council's weights on a command line.

use homeostat_sim::advisor::recommend::{Costs, Recommending};

/// Reads `security=1,inflation=1,fees=10,effort=0.2`; what is not named keeps its default.
pub fn weights(text: &str) -> Result<Costs, String> {
    let mut weights = Recommending::default().weights;
    let mut named = Vec::new();
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| format!("`{pair}` has no `=`; write security=1,fees=10"))?;
        let (name, value) = (name.trim(), value.trim());
        let weight = match name {
            "security" => &mut weights.shortfall,
            "inflation" => &mut weights.inflation,
            "fees" => &mut weights.fee_burden,
            "effort" => &mut weights.effort,
            _ => {
                return Err(format!(
                    "`{name}` is no cost; name security, inflation, fees or effort"
                ))
            }
        };
        if named.contains(&name) {
            return Err(format!("`{name}` is there twice"));
        }
        named.push(name);
        *weight = value
            .parse()
            .ok()
            .filter(|weight: &f64| weight.is_finite() && *weight >= 0.0)
            .ok_or_else(|| format!("{name}: `{value}` is no number of 0 or more"))?;
    }
    if weights.values().iter().all(|weight| *weight == 0.0) {
        return Err("all four weigh nothing; at least one has to count".to_owned());
    }
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_named_in_any_order_and_the_rest_keep_their_defaults() {
        let default = Recommending::default().weights;
        assert_eq!(weights(""), Ok(default));
        let some = weights("fees=0, security=2.5").unwrap();
        assert_eq!((some.shortfall, some.fee_burden), (2.5, 0.0));
        assert_eq!(
            (some.inflation, some.effort),
            (default.inflation, default.effort)
        );
    }

    #[test]
    fn what_is_no_weight_is_refused_with_its_name() {
        for (text, hint) in [
            ("security", "no `=`"),
            ("safety=1", "`safety`"),
            ("fees=-1", "fees"),
            ("fees=nan", "nan"),
            ("fees=much", "much"),
            ("fees=1,fees=2", "twice"),
            ("security=0,inflation=0,fees=0,effort=0", "at least one"),
        ] {
            let refused = weights(text).unwrap_err();
            assert!(refused.contains(hint), "{text}: {refused}");
        }
    }
}
