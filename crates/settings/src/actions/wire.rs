//! Rewiring a controller: what it is wired to, the keys of a controller, and what is asked of a feed.
//! What a file does not say stays as it is, except the scale: a setpoint brings its own unless
//! `scale` is given too.

use homeostat::constants::{MAX_FEEDS, MAX_REPORTERS};
use homeostat::state::defaults;
use homeostat_client::{ControllerSettings, Economy, Parameter};
use homeostat_control::Config;

use super::{
    numbers::Whole,
    reader::Reader,
    unit::{Change, Unit},
    AGE,
};
use crate::{
    change::Row,
    controller_keys::ControllerKeys,
    controller_settings::{controller_keys, in_economy},
    failure::Failure,
    tokens::Tokens,
    wiring_keys::{self, WiringKeys},
};

/// Fewest reports behind a reading.
const MIN_SAMPLES: Whole = Whole::number(1, MAX_REPORTERS as i64);

/// The keys besides the parameter.
pub(super) fn keys() -> Vec<&'static str> {
    let feeds = vec!["max_age", "min_samples"];
    [wiring_keys::KEYS.to_vec(), feeds, controller_keys()].concat()
}

/// The configuration's sequence so far, and what it shall be.
pub(super) fn read(
    reader: &Reader<'_>,
    parameter: Parameter,
) -> Result<(u64, ControllerSettings), Failure> {
    let controller = reader.controller(parameter);
    let present = controller.wiring();
    let present = present.unwrap_or_else(|_| defaults::wiring(parameter));
    let keys = ControllerKeys {
        section: reader.section.clone(),
        range: Some((parameter.floor(), parameter.ceiling())),
    };
    let mut config = controller.config();
    let wiring = WiringKeys {
        section: reader.section,
        parameter,
        feeds: MAX_FEEDS,
    };
    let wiring = wiring.read(present, &mut config)?;
    keys.overlay(&mut config)?;
    keys.validate(&config)?;
    let mut settings = ControllerSettings::new(wiring, &config);
    if let Some(age) = AGE.read(reader, &["max_age"])? {
        settings.max_age = age;
    }
    if let Some(least) = MIN_SAMPLES.read(reader, &["min_samples"])? {
        settings.min_samples = least;
    }
    Ok((controller.config_seq, settings))
}

/// What differs; everything where the old values are not known, because the economy is not
/// or the controller was changed since.
pub(super) fn rows(
    economy: Option<&Economy>,
    tokens: Tokens,
    parameter: Parameter,
    expected_seq: u64,
    new: &ControllerSettings,
) -> Vec<Row> {
    let old = economy.and_then(|economy| {
        let controller = economy.controller(parameter).ok()?;
        let wiring = controller.wiring().ok()?;
        (controller.config_seq == expected_seq)
            .then(|| ControllerSettings::new(wiring, &controller.config()))
    });
    let old = old.as_ref();
    let was = old
        .map(|it| wiring_keys::shown(&it.wiring))
        .unwrap_or_default();
    let is = wiring_keys::shown(&new.wiring);
    let wired = wiring_keys::KEYS.iter().zip(was.into_iter().zip(is));
    let mut rows: Vec<Row> = wired
        .map(|(key, (old, new))| Row {
            field: (*key).to_owned(),
            old,
            new,
        })
        .collect();
    // The period is the economy's, and none of the settings shown here.
    let config = |it: &ControllerSettings| -> Config { it.config(0) };
    let (before, after) = (old.map(config), config(new));
    rows.extend(in_economy().map(|setting| Row {
        field: setting.field.name().to_owned(),
        old: before.as_ref().map(setting.show).unwrap_or_default(),
        new: (setting.show)(&after),
    }));
    rows.extend(AGE.rows(Change {
        name: "max_age",
        old: old.map(|it| &it.max_age),
        new: &new.max_age,
        tokens,
    }));
    rows.extend(MIN_SAMPLES.rows(Change {
        name: "min_samples",
        old: old.map(|it| &it.min_samples),
        new: &new.min_samples,
        tokens,
    }));
    super::differing(&[rows])
}
