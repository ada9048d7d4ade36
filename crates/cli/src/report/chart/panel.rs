//! A panel: one coordinate system with its lines.

use std::ops::Range;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::super::{Event, Parameter, Row};
use super::axis::{number_digits, padded, percent_digits, TimeAxis};
use super::style::{
    starting, Area, EVENT, FIXED, FONT, FRAME, GRID, INK, MEASURED, MUTED, OUTPUT, PANEL,
};
use super::{Path, AXIS_WIDTH, MARGIN};

/// The most points of a line that are marked.
const MOST_DOTS: usize = 120;

/// One coordinate system with its lines.
pub struct Panel {
    caption: &'static str,
    /// Whether values are fractions that are shown in percent.
    percent: bool,
    lines: Vec<(Vec<(f64, f64)>, LineKind)>,
}

impl Panel {
    /// What was measured, and what was set, by the decisions and by a fixed rule; none without a
    /// row.
    pub fn of_parameter(
        parameter: Parameter,
        rows: &[Row],
        fixed: &[Row],
        time: &TimeAxis,
    ) -> Option<[Self; 2]> {
        let line = |rows: &[Row], of: fn(&Row) -> f64, kind| {
            let rows = rows.iter().filter(|row| row.parameter == parameter);
            let points = rows.map(|row| (time.position(row.at), of(row)));
            (points.collect::<Vec<_>>(), kind)
        };
        if rows.iter().all(|row| row.parameter != parameter) {
            return None;
        }
        let panel = |caption, lines| Self {
            caption,
            percent: true,
            lines,
        };
        let measured = vec![
            line(rows, |row| row.setpoint, LineKind::Target),
            line(fixed, |row| row.measurement, LineKind::Fixed),
            line(rows, |row| row.measurement, LineKind::Measured),
        ];
        let output = vec![
            line(rows, |row| row.min, LineKind::Limit),
            line(rows, |row| row.max, LineKind::Limit),
            line(fixed, |row| row.value, LineKind::FixedOutput),
            line(rows, |row| row.value, LineKind::Output),
        ];
        Some([
            panel(parameter.measurement(), measured),
            panel(parameter.name(), output),
        ])
    }

    /// Something that goes on besides the decisions.
    pub fn of_path(path: &Path, time: &TimeAxis) -> Self {
        let line = |points: &[(i64, f64)], kind| {
            let points = points
                .iter()
                .map(|(at, value)| (time.position(*at), *value));
            (points.collect(), kind)
        };
        Self {
            caption: path.name,
            percent: false,
            lines: vec![
                line(&path.fixed, LineKind::Fixed),
                line(&path.points, LineKind::Path),
            ],
        }
    }

    /// Draws it, with events and, in the last row, the axis of time below.
    pub fn draw(
        &self,
        area: &Area<'_>,
        events: &[Event],
        time: &TimeAxis,
        foot: u32,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let range = padded(
            self.lines
                .iter()
                .flat_map(|(points, _)| points.iter().map(|(_, value)| *value)),
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
        for (points, kind) in &self.lines {
            draw_line(&mut chart, points, *kind, time)?;
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
    Fixed,
    FixedOutput,
    Path,
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

fn draw_line(
    chart: &mut Chart<'_, '_>,
    points: &[(f64, f64)],
    kind: LineKind,
    time: &TimeAxis,
) -> Result<(), Box<dyn std::error::Error>> {
    let points: Vec<(f64, f64)> = points
        .iter()
        .copied()
        .filter(|(_, value)| value.is_finite())
        .collect();
    if points.is_empty() {
        return Ok(());
    }
    match kind {
        LineKind::Fixed => {
            chart.draw_series(LineSeries::new(points, FIXED.stroke_width(1)))?;
        }
        LineKind::FixedOutput => {
            chart.draw_series(LineSeries::new(
                stairs(&points, time),
                FIXED.stroke_width(1),
            ))?;
        }
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
