//! Decisions as an SVG chart: a row of panels a parameter, what was measured on the
//! left and what was set on the right.
//!
//! Below them there may be two more paths, such as price and demand.
//!
//! The same rows give the same bytes. Nothing outside the file is referred to: text is
//! in whatever sans-serif font the viewer has.

mod axis;
pub mod bands;
mod labels;
mod panel;
mod style;

use std::fmt;

use plotters::prelude::*;

use super::{Event, Parameter, Row};
use axis::TimeAxis;
use labels::{Labels, LANE_HEIGHT};
use panel::Panel;
use style::{centred, starting, Area, BACKGROUND, FIXED, INK, MEASURED, MUTED, OUTPUT};

const WIDTH: u32 = 1280;
const TITLE_HEIGHT: u32 = 84;
const PANEL_HEIGHT: u32 = 200;
const FOOT_HEIGHT: u32 = 52;
const MARGIN: u32 = 16;
const AXIS_WIDTH: u32 = 66;

/// The chart could not be drawn.
#[derive(Debug)]
pub struct ChartError(String);

impl fmt::Display for ChartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot draw the chart: {}", self.0)
    }
}

impl std::error::Error for ChartError {}

/// Something that goes on besides the decisions.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// What it is, for people.
    pub name: &'static str,
    /// When (unix seconds) and how much, in order.
    pub points: Vec<(i64, f64)>,
    /// The same under a fixed rule: a thin line. None where that is empty.
    pub fixed: Vec<(i64, f64)>,
}

/// What a chart shows besides the decisions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Besides<'a> {
    /// A left and a right path below them.
    pub paths: Option<&'a [Path; 2]>,
    /// What a fixed rule measured and set: a thin line in each panel. None where that is empty.
    pub fixed: &'a [Row],
}

/// Draws the decisions.
///
/// # Errors
///
/// The drawing library reports one; with finite rows there is none to expect. Values
/// that are not finite are left out.
pub fn svg(title: &str, rows: &[Row], events: &[Event]) -> Result<String, ChartError> {
    svg_with(title, rows, events, &Besides::default())
}

/// The same with what stands beside and below them.
///
/// # Errors
///
/// As [`svg`].
pub fn svg_with(
    title: &str,
    rows: &[Row],
    events: &[Event],
    besides: &Besides<'_>,
) -> Result<String, ChartError> {
    let mut text = String::new();
    draw(&mut text, title, rows, events, besides).map_err(|error| ChartError(error.to_string()))?;
    Ok(text)
}

fn draw(
    text: &mut String,
    title: &str,
    rows: &[Row],
    events: &[Event],
    besides: &Besides<'_>,
) -> Result<(), Box<dyn std::error::Error>> {
    let time = TimeAxis::over(rows);
    let mut pairs: Vec<[Panel; 2]> = Parameter::ALL
        .into_iter()
        .filter_map(|parameter| Panel::of_parameter(parameter, rows, besides.fixed, &time))
        .collect();
    if let Some(paths) = besides.paths {
        pairs.push(paths.each_ref().map(|path| Panel::of_path(path, &time)));
    }
    let panel_width = (WIDTH - 2 * MARGIN) / 2;
    let labels = Labels::place(events, &time, panel_width - AXIS_WIDTH - MARGIN);

    let head = TITLE_HEIGHT + labels.lanes * LANE_HEIGHT;
    let height = head + PANEL_HEIGHT * pairs.len().max(1) as u32 + FOOT_HEIGHT;
    let root = SVGBackend::with_string(text, (WIDTH, height)).into_drawing_area();
    root.fill(&BACKGROUND)?;
    draw_head(&root, title, !besides.fixed.is_empty())?;
    if pairs.is_empty() {
        root.draw(&Text::new(
            "no decisions yet",
            (WIDTH as i32 / 2, (head + PANEL_HEIGHT / 2) as i32),
            centred(16.0, &MUTED),
        ))?;
    }

    let (_, body) = root.split_vertically(head);
    let last = pairs.len().saturating_sub(1);
    for (index, pair) in pairs.iter().enumerate() {
        let top = PANEL_HEIGHT * index as u32;
        let foot = if index == last { FOOT_HEIGHT } else { 0 };
        for (panel, left) in pair.iter().zip([MARGIN, MARGIN + panel_width]) {
            let area = body
                .clone()
                .shrink((left, top), (panel_width, PANEL_HEIGHT + foot));
            panel.draw(&area, events, &time, foot)?;
        }
    }
    for left in [MARGIN, MARGIN + panel_width] {
        labels.draw(&root, (left + AXIS_WIDTH) as i32, head as i32)?;
    }
    root.present()?;
    Ok(())
}

/// Title, column heads and legend.
fn draw_head(root: &Area<'_>, title: &str, fixed: bool) -> Result<(), Box<dyn std::error::Error>> {
    let left = (MARGIN + AXIS_WIDTH) as i32;
    let middle = (WIDTH / 2 + AXIS_WIDTH) as i32;
    root.draw(&Text::new(title, (left, 14), starting(22.0, &INK)))?;
    const BASELINE: i32 = 56;
    let mut legend = vec![
        (left, "measured", MEASURED, 3, false),
        (left + 130, "target", INK, 2, true),
        (middle, "output", OUTPUT, 3, false),
        (middle + 130, "limits", MUTED, 2, true),
    ];
    if fixed {
        let name = "fixed rule";
        legend.extend([left, middle].map(|side| (side + 240, name, FIXED, 1, false)));
    }
    for (x, name, colour, width, dashed) in legend {
        let parts: &[(i32, i32)] = if dashed {
            &[(0, 11), (17, 28)]
        } else {
            &[(0, 28)]
        };
        for (from, to) in parts {
            root.draw(&PathElement::new(
                vec![(x + from, BASELINE), (x + to, BASELINE)],
                colour.stroke_width(width),
            ))?;
        }
        root.draw(&Text::new(
            name,
            (x + 36, BASELINE - 8),
            starting(15.0, &INK),
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_year_is_drawn_the_same_way_every_time() {
        let (rows, events) = sample::year();
        let chart = svg("Homeostat: a year of decisions", &rows, &events).expect("chart");
        // For a look at it: HOMEOSTAT_CHART=chart.svg cargo test -p homeostat-cli chart
        if let Some(path) = std::env::var_os("HOMEOSTAT_CHART") {
            std::fs::write(path, &chart).expect("chart file");
        }
        assert!(chart.starts_with("<svg ") && chart.trim_end().ends_with("</svg>"));
        for parameter in Parameter::ALL {
            assert!(chart.contains(parameter.name()), "{}", parameter.name());
            assert!(
                chart.contains(parameter.measurement()),
                "{}",
                parameter.measurement()
            );
        }
        for event in &events {
            assert_eq!(
                chart.matches(event.label.as_str()).count(),
                2,
                "one a column"
            );
        }
        assert_eq!(
            chart,
            svg("Homeostat: a year of decisions", &rows, &events).expect("chart")
        );
    }

    #[test]
    fn nothing_outside_the_file_is_referred_to() {
        let (rows, events) = sample::year();
        let chart = svg("x", &rows, &events).expect("chart");
        let chart = chart.replacen("http://www.w3.org/2000/svg", "", 1);
        for reference in ["http", "href", "url(", "@import", "<script", "<image"] {
            assert!(!chart.contains(reference), "{reference}");
        }
    }

    #[test]
    fn hostile_text_is_escaped() {
        let (rows, mut events) = sample::year();
        events[0].label = "<script>alert('x')</script> & \"co\"".to_owned();
        let chart = svg("a < b & c", &rows, &events).expect("chart");
        assert!(!chart.contains("<script"));
        assert!(chart.contains("&lt;script&gt;"));
        assert!(chart.contains("a &lt; b &amp; c"));
    }

    #[test]
    fn poor_data_makes_a_poor_chart_but_a_chart() {
        let (mut rows, events) = sample::year();
        assert!(svg("empty", &[], &events)
            .expect("empty")
            .contains("no decisions yet"));
        rows.truncate(1);
        svg("one decision", &rows, &events).expect("one decision");
        rows[0].measurement = f64::NAN;
        rows[0].value = f64::INFINITY;
        let chart = svg("not finite", &rows, &events).expect("not finite");
        assert!(!chart.contains("NaN") && !chart.contains("inf"), "{chart}");
    }

    #[test]
    fn paths_stand_below_the_decisions_and_have_plain_numbers() {
        let (rows, events) = sample::year();
        let path = |name, scale: f64| Path {
            name,
            points: rows
                .iter()
                .map(|row| (row.at, scale * f64::from(row.period)))
                .collect(),
            fixed: Vec::new(),
        };
        let paths = [path("price", 0.01), path("demand", 10.0)];
        let besides = Besides {
            paths: Some(&paths),
            fixed: &[],
        };
        let chart = svg_with("x", &rows, &events, &besides).expect("chart");
        assert!(chart.contains("price") && chart.contains("demand"));
        let without = svg("x", &rows, &events).expect("chart");
        let percents = |chart: &str| chart.matches(" %").count();
        assert_eq!(percents(&chart), percents(&without));
        assert!(chart.len() > without.len());
    }

    #[test]
    fn a_fixed_rule_is_a_thin_line_in_every_panel_with_a_legend() {
        // Given a year, and the same with every parameter where it started,
        let (rows, events) = sample::year();
        let fixed: Vec<Row> = rows
            .iter()
            .map(|row| Row {
                measurement: row.measurement * 0.9,
                value: 0.05,
                ..row.clone()
            })
            .collect();
        let line = format!(
            "stroke=\"#{:02X}{:02X}{:02X}\" stroke-width=\"1\"",
            FIXED.0, FIXED.1, FIXED.2
        );
        // when it is drawn with and without that,
        let without = svg("x", &rows, &events).expect("chart");
        let besides = Besides {
            paths: None,
            fixed: &fixed,
        };
        let with = svg_with("x", &rows, &events, &besides).expect("chart");
        // then there is a line more in each of the eight panels and in the two legends.
        assert_eq!(without.matches(&line).count(), 0);
        assert_eq!(with.matches(&line).count(), 8 + 2, "{with}");
        assert_eq!(with.matches("fixed rule").count(), 2);
        assert!(!without.contains("fixed rule"));
    }

    #[test]
    fn event_labels_that_would_overlap_get_lanes_of_their_own() {
        let (rows, _) = sample::year();
        let events: Vec<Event> = (0..3)
            .map(|n| Event {
                at: rows[0].at + n * sample::WEEK,
                label: format!("event number {n}"),
            })
            .collect();
        let labels = Labels::place(&events, &TimeAxis::over(&rows), 500);
        assert_eq!(labels.lanes, 3);
    }
}
