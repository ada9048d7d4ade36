//! Decisions as an SVG chart: a row of panels a parameter, what was measured on the
//! left and what was set on the right.
//!
//! The same rows give the same bytes. Nothing outside the file is referred to: text is
//! in whatever sans-serif font the viewer has.

use std::fmt;
use std::ops::Range;

use plotters::coord::types::RangedCoordf64;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Event, Parameter, Row};

const WIDTH: u32 = 1280;
const TITLE_HEIGHT: u32 = 84;
const LANE_HEIGHT: u32 = 17;
const PANEL_HEIGHT: u32 = 200;
const FOOT_HEIGHT: u32 = 52;
const MARGIN: u32 = 16;
const AXIS_WIDTH: u32 = 66;

const BACKGROUND: RGBColor = RGBColor(250, 250, 248);
const PANEL: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(40, 44, 52);
const MUTED: RGBColor = RGBColor(105, 112, 122);
const GRID: RGBColor = RGBColor(232, 234, 237);
const FRAME: RGBColor = RGBColor(190, 195, 202);
// Blue, orange and grey stay apart for colour-blind readers, and in grey print.
const OUTPUT: RGBColor = RGBColor(0, 96, 176);
const MEASURED: RGBColor = RGBColor(208, 92, 0);
const EVENT: RGBColor = RGBColor(120, 60, 140);

const FONT: &str = "sans-serif";

/// The chart could not be drawn.
#[derive(Debug)]
pub struct ChartError(String);

impl fmt::Display for ChartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot draw the chart: {}", self.0)
    }
}

impl std::error::Error for ChartError {}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the decisions.
///
/// # Errors
///
/// The drawing library reports one; with finite rows there is none to expect. Values
/// that are not finite are left out.
pub fn svg(title: &str, rows: &[Row], events: &[Event]) -> Result<String, ChartError> {
    let mut text = String::new();
    draw(&mut text, title, rows, events).map_err(|error| ChartError(error.to_string()))?;
    Ok(text)
}

fn draw(
    text: &mut String,
    title: &str,
    rows: &[Row],
    events: &[Event],
) -> Result<(), Box<dyn std::error::Error>> {
    let panels: Vec<(Parameter, Vec<&Row>)> = Parameter::ALL
        .into_iter()
        .map(|parameter| {
            let of_it = rows.iter().filter(|row| row.parameter == parameter);
            (parameter, of_it.collect::<Vec<_>>())
        })
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let time = TimeAxis::over(rows);
    let panel_width = (WIDTH - 2 * MARGIN) / 2;
    let labels = Labels::place(events, &time, panel_width - AXIS_WIDTH - MARGIN);

    let head = TITLE_HEIGHT + labels.lanes * LANE_HEIGHT;
    let height = head + PANEL_HEIGHT * panels.len().max(1) as u32 + FOOT_HEIGHT;
    let root = SVGBackend::with_string(text, (WIDTH, height)).into_drawing_area();
    root.fill(&BACKGROUND)?;
    draw_head(&root, title)?;
    if panels.is_empty() {
        root.draw(&Text::new(
            "no decisions yet",
            (WIDTH as i32 / 2, (head + PANEL_HEIGHT / 2) as i32),
            centred(16.0, &MUTED),
        ))?;
    }

    let (_, body) = root.split_vertically(head);
    let last = panels.len().saturating_sub(1);
    for (index, (parameter, rows)) in panels.iter().enumerate() {
        let top = PANEL_HEIGHT * index as u32;
        let foot = if index == last { FOOT_HEIGHT } else { 0 };
        for (side, left) in [
            (Side::Measured, MARGIN),
            (Side::Output, MARGIN + panel_width),
        ] {
            let area = body
                .clone()
                .shrink((left, top), (panel_width, PANEL_HEIGHT + foot));
            draw_panel(&area, side, *parameter, rows, events, &time, foot)?;
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

/// Which half of a pair of panels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Measured,
    Output,
}

fn draw_panel(
    area: &Area<'_>,
    side: Side,
    parameter: Parameter,
    rows: &[&Row],
    events: &[Event],
    time: &TimeAxis,
    foot: u32,
) -> Result<(), Box<dyn std::error::Error>> {
    let lines: Vec<(Vec<f64>, LineKind)> = match side {
        Side::Measured => vec![
            (
                rows.iter().map(|row| row.setpoint).collect(),
                LineKind::Target,
            ),
            (
                rows.iter().map(|row| row.measurement).collect(),
                LineKind::Measured,
            ),
        ],
        Side::Output => vec![
            (rows.iter().map(|row| row.min).collect(), LineKind::Limit),
            (rows.iter().map(|row| row.max).collect(), LineKind::Limit),
            (rows.iter().map(|row| row.value).collect(), LineKind::Output),
        ],
    };
    let range = padded(lines.iter().flat_map(|(values, _)| values.iter().copied()));
    let caption = match side {
        Side::Measured => parameter.measurement(),
        Side::Output => parameter.name(),
    };

    let mut chart = ChartBuilder::on(area)
        .margin_top(26)
        .margin_bottom(4)
        .margin_right(MARGIN)
        .y_label_area_size(AXIS_WIDTH)
        .x_label_area_size(foot)
        .build_cartesian_2d(time.range(), range.clone())?;
    chart.plotting_area().fill(&PANEL)?;
    let digits = percent_digits(&range);
    let label = |size: f64| (FONT, size).into_font().color(&MUTED);
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
        .y_label_formatter(&|y| format!("{:.digits$} %", y * 100.0))
        .draw()?;

    let bottom_to_top = |x: f64| vec![(x, range.start), (x, range.end)];
    for event in events {
        let x = time.position(event.at);
        if time.range().contains(&x) {
            chart.draw_series(DashedLineSeries::new(
                bottom_to_top(x),
                3,
                4,
                EVENT.mix(0.75).stroke_width(1),
            ))?;
        }
    }
    let xs: Vec<f64> = rows.iter().map(|row| time.position(row.at)).collect();
    for (values, kind) in lines {
        draw_line(&mut chart, &xs, &values, kind, time)?;
    }
    area.draw(&Text::new(
        caption,
        (AXIS_WIDTH as i32, 6),
        starting(15.0, &INK),
    ))?;
    Ok(())
}

#[derive(Clone, Copy)]
enum LineKind {
    Target,
    Measured,
    Limit,
    Output,
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
        LineKind::Measured => {
            chart.draw_series(LineSeries::new(points.clone(), MEASURED.stroke_width(2)))?;
            chart.draw_series(
                points
                    .into_iter()
                    .map(|point| Circle::new(point, 2, MEASURED.filled())),
            )?;
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

/// The horizontal axis: time since the first decision's period began, in a unit that
/// gives readable numbers.
struct TimeAxis {
    origin: i64,
    unit: f64,
    name: &'static str,
    end: f64,
}

impl TimeAxis {
    fn over(rows: &[Row]) -> Self {
        const DAY: f64 = 86_400.0;
        const HOUR: f64 = 3_600.0;
        let first = rows.iter().map(|row| row.at).min().unwrap_or(0);
        let last = rows.iter().map(|row| row.at).max().unwrap_or(0);
        let periods = rows.iter().map(|row| row.period).max().unwrap_or(1)
            - rows.iter().map(|row| row.period).min().unwrap_or(1);
        let span = last.saturating_sub(first) as f64;
        // One period more on the right, so that the last decision is seen to hold.
        let period = if periods == 0 {
            DAY
        } else {
            span / f64::from(periods)
        };
        let length = span + period;
        let (unit, name) = if length >= 3.0 * DAY {
            (DAY, "days since the first decision")
        } else if length >= 3.0 * HOUR {
            (HOUR, "hours since the first decision")
        } else {
            (60.0, "minutes since the first decision")
        };
        Self {
            origin: first,
            unit,
            name,
            end: length / unit,
        }
    }

    fn position(&self, at: i64) -> f64 {
        at.saturating_sub(self.origin) as f64 / self.unit
    }

    fn range(&self) -> Range<f64> {
        0.0..self.end
    }

    const fn caption(&self) -> &'static str {
        self.name
    }
}

/// Event labels above the panels, in as many lanes as they need not to overlap.
struct Labels {
    /// Left edge in pixels from the plot's own left edge, lane from the bottom, text.
    placed: Vec<(i32, u32, String)>,
    lanes: u32,
}

impl Labels {
    fn place(events: &[Event], time: &TimeAxis, width: u32) -> Self {
        const LONGEST: usize = 40;
        // Sans-serif at 13 px is narrower than this a character, nearly always.
        const CHARACTER: i32 = 8;
        let mut placed = Vec::new();
        let mut free_from: Vec<i32> = Vec::new();
        let mut sorted: Vec<&Event> = events
            .iter()
            .filter(|event| time.range().contains(&time.position(event.at)))
            .collect();
        sorted.sort_by_key(|event| event.at);
        for event in sorted {
            let text: String = event.label.chars().take(LONGEST).collect();
            let length = text.chars().count() as i32 * CHARACTER;
            let x = (time.position(event.at) / time.end * f64::from(width)).round() as i32;
            // A label near the right edge ends there.
            let x = x.min(width as i32 - length).max(0);
            let lane = match free_from.iter().position(|free| *free <= x) {
                Some(lane) => lane,
                None => {
                    free_from.push(0);
                    free_from.len() - 1
                }
            };
            free_from[lane] = x + length + CHARACTER;
            placed.push((x, lane as u32, text));
        }
        Self {
            placed,
            lanes: free_from.len() as u32,
        }
    }

    fn draw(
        &self,
        root: &Area<'_>,
        left: i32,
        bottom: i32,
    ) -> Result<(), Box<dyn std::error::Error>> {
        for (x, lane, text) in &self.placed {
            let y = bottom - (LANE_HEIGHT * (lane + 1)) as i32;
            root.draw(&Text::new(
                text.as_str(),
                (left + x, y),
                starting(13.0, &EVENT),
            ))?;
        }
        Ok(())
    }
}

/// The finite values with some air around them.
fn padded(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    if low > high {
        return 0.0..1.0;
    }
    let air = (high - low).max(high.abs() * 1e-3).max(1e-6) * 0.08;
    low - air..high + air
}

/// Decimal places that tell neighbouring labels of the axis apart.
fn percent_digits(range: &Range<f64>) -> usize {
    const LABELS: f64 = 5.0;
    let step = (range.end - range.start) * 100.0 / LABELS;
    (0..6)
        .find(|digits| step >= 10f64.powi(-digits))
        .unwrap_or(6) as usize
}

fn starting<'a>(size: f64, colour: &'a RGBColor) -> TextStyle<'a> {
    (FONT, size)
        .into_font()
        .color(colour)
        .pos(Pos::new(HPos::Left, VPos::Top))
}

fn centred<'a>(size: f64, colour: &'a RGBColor) -> TextStyle<'a> {
    (FONT, size)
        .into_font()
        .color(colour)
        .pos(Pos::new(HPos::Center, VPos::Center))
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
