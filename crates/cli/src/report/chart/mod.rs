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
mod style;

use std::fmt;
use std::ops::Range;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::{Event, Parameter, Row};
use axis::{number_digits, padded, percent_digits, TimeAxis};
use labels::{Labels, LANE_HEIGHT};
use style::{
    centred, starting, Area, BACKGROUND, EVENT, FONT, FRAME, GRID, INK, MEASURED, MUTED, OUTPUT,
    PANEL,
};

const WIDTH: u32 = 1280;
const TITLE_HEIGHT: u32 = 84;
const PANEL_HEIGHT: u32 = 200;
const FOOT_HEIGHT: u32 = 52;
const MARGIN: u32 = 16;
const AXIS_WIDTH: u32 = 66;
/// The most points of a line that are marked.
const MOST_DOTS: usize = 120;

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
}

/// Draws the decisions.
///
/// # Errors
///
/// The drawing library reports one; with finite rows there is none to expect. Values
/// that are not finite are left out.
pub fn svg(title: &str, rows: &[Row], events: &[Event]) -> Result<String, ChartError> {
    svg_with(title, rows, events, None)
}

/// The same with two paths below: a left and a right one.
///
/// # Errors
///
/// As [`svg`].
pub fn svg_with(
    title: &str,
    rows: &[Row],
    events: &[Event],
    paths: Option<&[Path; 2]>,
) -> Result<String, ChartError> {
    let mut text = String::new();
    draw(&mut text, title, rows, events, paths).map_err(|error| ChartError(error.to_string()))?;
    Ok(text)
}

fn draw(
    text: &mut String,
    title: &str,
    rows: &[Row],
    events: &[Event],
    paths: Option<&[Path; 2]>,
) -> Result<(), Box<dyn std::error::Error>> {
    let time = TimeAxis::over(rows);
    let mut pairs: Vec<[Panel; 2]> = Parameter::ALL
        .into_iter()
        .filter_map(|parameter| Panel::of_parameter(parameter, rows, &time))
        .collect();
    if let Some(paths) = paths {
        pairs.push(paths.each_ref().map(|path| Panel::of_path(path, &time)));
    }
    let panel_width = (WIDTH - 2 * MARGIN) / 2;
    let labels = Labels::place(events, &time, panel_width - AXIS_WIDTH - MARGIN);

    let head = TITLE_HEIGHT + labels.lanes * LANE_HEIGHT;
    let height = head + PANEL_HEIGHT * pairs.len().max(1) as u32 + FOOT_HEIGHT;
    let root = SVGBackend::with_string(text, (WIDTH, height)).into_drawing_area();
    root.fill(&BACKGROUND)?;
    draw_head(&root, title)?;
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
fn draw_head(root: &Area<'_>, title: &str) -> Result<(), Box<dyn std::error::Error>> {
    let left = (MARGIN + AXIS_WIDTH) as i32;
    let middle = (WIDTH / 2 + AXIS_WIDTH) as i32;
    root.draw(&Text::new(title, (left, 14), starting(22.0, &INK)))?;
    const BASELINE: i32 = 56;
    let legend: [(i32, &str, RGBColor, bool); 4] = [
        (left, "measured", MEASURED, false),
        (left + 130, "target", INK, true),
        (middle, "output", OUTPUT, false),
        (middle + 130, "limits", MUTED, true),
    ];
    for (x, name, colour, dashed) in legend {
        let line = vec![(x, BASELINE), (x + 28, BASELINE)];
        if dashed {
            root.draw(&PathElement::new(
                vec![(x, BASELINE), (x + 11, BASELINE)],
                colour.stroke_width(2),
            ))?;
            root.draw(&PathElement::new(
                vec![(x + 17, BASELINE), (x + 28, BASELINE)],
                colour.stroke_width(2),
            ))?;
        } else {
            root.draw(&PathElement::new(line, colour.stroke_width(3)))?;
        }
        root.draw(&Text::new(
            name,
            (x + 36, BASELINE - 8),
            starting(15.0, &INK),
        ))?;
    }
    Ok(())
}

/// One coordinate system with its lines, which share their places in time.
struct Panel {
    caption: &'static str,
    /// Whether values are fractions that are shown in percent.
    percent: bool,
    xs: Vec<f64>,
    lines: Vec<(Vec<f64>, LineKind)>,
}

impl Panel {
    /// What was measured, and what was set; none without a row.
    fn of_parameter(parameter: Parameter, rows: &[Row], time: &TimeAxis) -> Option<[Self; 2]> {
        let rows: Vec<&Row> = rows
            .iter()
            .filter(|row| row.parameter == parameter)
            .collect();
        if rows.is_empty() {
            return None;
        }
        let line = |of: fn(&Row) -> f64, kind| (rows.iter().map(|row| of(row)).collect(), kind);
        let panel = |caption, lines| Self {
            caption,
            percent: true,
            xs: rows.iter().map(|row| time.position(row.at)).collect(),
            lines,
        };
        let measured = vec![
            line(|row| row.setpoint, LineKind::Target),
            line(|row| row.measurement, LineKind::Measured),
        ];
        let output = vec![
            line(|row| row.min, LineKind::Limit),
            line(|row| row.max, LineKind::Limit),
            line(|row| row.value, LineKind::Output),
        ];
        Some([
            panel(parameter.measurement(), measured),
            panel(parameter.name(), output),
        ])
    }

    fn of_path(path: &Path, time: &TimeAxis) -> Self {
        let (at, values): (Vec<i64>, Vec<f64>) = path.points.iter().copied().unzip();
        Self {
            caption: path.name,
            percent: false,
            xs: at.into_iter().map(|at| time.position(at)).collect(),
            lines: vec![(values, LineKind::Path)],
        }
    }

    fn draw(
        &self,
        area: &Area<'_>,
        events: &[Event],
        time: &TimeAxis,
        foot: u32,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let range = padded(
            self.lines
                .iter()
                .flat_map(|(values, _)| values.iter().copied()),
        );
        let mut chart = ChartBuilder::on(area)
            .margin_top(26)
            .margin_bottom(4)
            .margin_right(MARGIN)
            .y_label_area_size(AXIS_WIDTH)
            .x_label_area_size(foot)
            .build_cartesian_2d(time.range(), range.clone())?;
        chart.plotting_area().fill(&PANEL)?;
        let label = |size: f64| (FONT, size).into_font().color(&MUTED);
        let up: Box<dyn Fn(&f64) -> String> = if self.percent {
            let digits = percent_digits(&range);
            Box::new(move |y| format!("{:.digits$} %", y * 100.0))
        } else {
            let digits = number_digits(&range);
            Box::new(move |y| format!("{y:.digits$}"))
        };
        chart
            .configure_mesh()
            .x_labels(9)
            .y_labels(5)
            .max_light_lines(0)
            .bold_line_style(GRID)
            .axis_style(FRAME)
            .x_desc(time.caption())
            .axis_desc_style(label(14.0))
            .label_style(label(13.0))
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&*up)
            .draw()?;
        draw_events(&mut chart, events, time, &range)?;
        for (values, kind) in &self.lines {
            draw_line(&mut chart, &self.xs, values, *kind, time)?;
        }
        area.draw(&Text::new(
            self.caption,
            (AXIS_WIDTH as i32, 6),
            starting(15.0, &INK),
        ))?;
        Ok(())
    }
}

/// A dashed line from bottom to top at each event.
fn draw_events(
    chart: &mut Chart<'_, '_>,
    events: &[Event],
    time: &TimeAxis,
    range: &Range<f64>,
) -> Result<(), Box<dyn std::error::Error>> {
    for event in events {
        let x = time.position(event.at);
        if time.range().contains(&x) {
            chart.draw_series(DashedLineSeries::new(
                vec![(x, range.start), (x, range.end)],
                3,
                4,
                EVENT.mix(0.75).stroke_width(1),
            ))?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum LineKind {
    Target,
    Measured,
    Limit,
    Output,
    Path,
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

fn draw_line(
    chart: &mut Chart<'_, '_>,
    xs: &[f64],
    values: &[f64],
    kind: LineKind,
    time: &TimeAxis,
) -> Result<(), Box<dyn std::error::Error>> {
    let points: Vec<(f64, f64)> = xs
        .iter()
        .copied()
        .zip(values.iter().copied())
        .filter(|(_, value)| value.is_finite())
        .collect();
    match kind {
        LineKind::Path => {
            chart.draw_series(LineSeries::new(points, INK.stroke_width(1)))?;
        }
        LineKind::Measured => {
            chart.draw_series(LineSeries::new(points.clone(), MEASURED.stroke_width(2)))?;
            // So many points that they touch say no more than the line.
            if points.len() <= MOST_DOTS {
                chart.draw_series(
                    points
                        .into_iter()
                        .map(|point| Circle::new(point, 2, MEASURED.filled())),
                )?;
            }
        }
        // What is set holds until it is set anew.
        LineKind::Output => {
            chart.draw_series(LineSeries::new(
                stairs(&points, time),
                OUTPUT.stroke_width(2),
            ))?;
        }
        LineKind::Target => {
            chart.draw_series(DashedLineSeries::new(
                stairs(&points, time),
                7,
                5,
                INK.stroke_width(1),
            ))?;
        }
        LineKind::Limit => {
            chart.draw_series(DashedLineSeries::new(
                stairs(&points, time),
                7,
                5,
                MUTED.stroke_width(1),
            ))?;
        }
    }
    Ok(())
}

/// The corners of a line that keeps each value until the next, and the last one to the
/// end of the axis.
fn stairs(points: &[(f64, f64)], time: &TimeAxis) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::with_capacity(points.len() * 2 + 1);
    for &(x, y) in points {
        match corners.last() {
            Some(&(_, before)) if before == y => continue,
            Some(&(_, before)) => corners.push((x, before)),
            None => {}
        }
        corners.push((x, y));
    }
    if let Some(&(_, y)) = corners.last() {
        corners.push((time.end, y));
    }
    corners
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
        };
        let paths = [path("price", 0.01), path("demand", 10.0)];
        let chart = svg_with("x", &rows, &events, Some(&paths)).expect("chart");
        assert!(chart.contains("price") && chart.contains("demand"));
        let without = svg("x", &rows, &events).expect("chart");
        let percents = |chart: &str| chart.matches(" %").count();
        assert_eq!(percents(&chart), percents(&without));
        assert!(chart.len() > without.len());
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
