//! Several policies over time in one panel: for each a line, the median, in a band.

use plotters::prelude::*;

use super::style::{starting, BACKGROUND, EVENT, FONT, FRAME, GRID, INK, MUTED, PANEL};
use super::ChartError;

const WIDTH: u32 = 960;
const HEIGHT: u32 = 440;
const HEAD: u32 = 76;
const MARGIN: u32 = 20;
const AXIS_WIDTH: u32 = 62;
const FOOT_HEIGHT: u32 = 52;

/// Blue, grey, orange and green, which stay apart for colour-blind readers; with as many widths
/// of line that they stay apart in grey print.
const COLOURS: [(RGBColor, u32); 4] = [
    (RGBColor(0, 96, 176), 3),
    (RGBColor(105, 112, 122), 2),
    (RGBColor(208, 92, 0), 2),
    (RGBColor(0, 130, 90), 1),
];

/// One policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Its name.
    pub name: &'static str,
    /// The lower end by day (fraction).
    pub low: Vec<f64>,
    /// The median.
    pub median: Vec<f64>,
    /// The upper end.
    pub high: Vec<f64>,
}

/// Draws up to four policies. `target` is a fraction, `shock` the day of the shock.
///
/// # Errors
///
/// The drawing library reports one; with finite values there is none to expect.
pub fn svg(title: &str, bands: &[Band], target: f64, shock: usize) -> Result<String, ChartError> {
    let mut text = String::new();
    draw(&mut text, title, bands, target, shock).map_err(|error| ChartError(error.to_string()))?;
    Ok(text)
}

fn draw(
    text: &mut String,
    title: &str,
    bands: &[Band],
    target: f64,
    shock: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let days = bands.iter().map(|band| band.median.len()).max();
    let days = days.unwrap_or(0).max(2) as f64 - 1.0;
    let finite = |value: &&f64| value.is_finite();
    let ends = || {
        bands
            .iter()
            .flat_map(|band| band.low.iter().chain(&band.high))
    };
    let low = ends().filter(finite).copied().fold(target, f64::min);
    let high = ends().filter(finite).copied().fold(target, f64::max);
    let range = (low - 0.03).max(0.0)..(high + 0.03).min(1.0);

    let root = SVGBackend::with_string(text, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&BACKGROUND)?;
    let left = (MARGIN + AXIS_WIDTH) as i32;
    root.draw(&Text::new(title, (left, 14), starting(20.0, &INK)))?;
    let mut x = left;
    for (band, (colour, width)) in bands.iter().zip(COLOURS) {
        let line = vec![(x, 54), (x + 26, 54)];
        root.draw(&Rectangle::new(
            [(x, 48), (x + 26, 60)],
            colour.mix(0.16).filled(),
        ))?;
        root.draw(&PathElement::new(line, colour.stroke_width(width)))?;
        root.draw(&Text::new(band.name, (x + 34, 46), starting(15.0, &INK)))?;
        // Sans-serif at 15 px is narrower than 9 px a character, nearly always.
        x += 34 + 9 * band.name.chars().count() as i32 + 24;
    }
    for (name, colour) in [("target", INK), ("shock", EVENT)] {
        for from in [x, x + 15] {
            let dash = vec![(from, 54), (from + 10, 54)];
            root.draw(&PathElement::new(dash, colour.stroke_width(1)))?;
        }
        root.draw(&Text::new(name, (x + 34, 46), starting(15.0, &INK)))?;
        x += 34 + 9 * name.len() as i32 + 24;
    }

    let (_, body) = root.split_vertically(HEAD);
    let mut chart = ChartBuilder::on(&body)
        .margin_right(MARGIN)
        .margin_left(MARGIN)
        .margin_bottom(4)
        .y_label_area_size(AXIS_WIDTH)
        .x_label_area_size(FOOT_HEIGHT)
        .build_cartesian_2d(0.0..days, range.clone())?;
    chart.plotting_area().fill(&PANEL)?;
    let label = |size: f64| (FONT, size).into_font().color(&MUTED);
    chart
        .configure_mesh()
        .x_labels(10)
        .y_labels(7)
        .max_light_lines(0)
        .bold_line_style(GRID)
        .axis_style(FRAME)
        .x_desc("days since go-live")
        .axis_desc_style(label(14.0))
        .label_style(label(13.0))
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{:.0} %", y * 100.0))
        .draw()?;
    let points = |values: &[f64]| -> Vec<(f64, f64)> {
        let by_day = values.iter().enumerate();
        by_day
            .map(|(day, value)| (day as f64, *value))
            .filter(|(_, value)| value.is_finite())
            .collect()
    };
    // The first is drawn last, on top of the others.
    let drawn = || bands.iter().zip(COLOURS).rev();
    for (band, (colour, _)) in drawn() {
        let back = points(&band.high).into_iter().rev();
        let outline: Vec<(f64, f64)> = points(&band.low).into_iter().chain(back).collect();
        chart.draw_series(std::iter::once(Polygon::new(
            outline,
            colour.mix(0.13).filled(),
        )))?;
    }
    chart.draw_series(DashedLineSeries::new(
        vec![(0.0, target), (days, target)],
        7,
        5,
        INK.stroke_width(1),
    ))?;
    let shock = shock as f64;
    if shock > 0.0 && shock < days {
        chart.draw_series(DashedLineSeries::new(
            vec![(shock, range.start), (shock, range.end)],
            3,
            4,
            EVENT.mix(0.75).stroke_width(1),
        ))?;
    }
    for (band, (colour, width)) in drawn() {
        chart.draw_series(LineSeries::new(
            points(&band.median),
            colour.stroke_width(width),
        ))?;
    }
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(name: &'static str, at: f64) -> Band {
        let path = |offset: f64| {
            (0..200)
                .map(|day| at + offset + 0.05 * (f64::from(day) / 20.0).sin())
                .collect()
        };
        Band {
            name,
            low: path(-0.05),
            median: path(0.0),
            high: path(0.05),
        }
    }

    #[test]
    fn each_policy_has_its_name_and_its_colour() {
        let bands = [band("ours", 0.6), band("fixed", 0.5), band("<other>", 0.7)];
        let chart = svg("Staked share", &bands, 0.6, 66).expect("chart");
        for text in [
            "target",
            "shock",
            "ours",
            "fixed",
            "&lt;other&gt;",
            "Staked share",
            "70 %",
        ] {
            assert!(chart.contains(text), "{text}");
        }
        assert_eq!(chart.matches("<polygon").count(), 3);
        assert_eq!(chart, svg("Staked share", &bands, 0.6, 66).expect("chart"));
    }

    #[test]
    fn poor_data_makes_a_poor_chart_but_a_chart() {
        svg("empty", &[], 0.6, 0).expect("empty");
        let mut bad = band("x", 0.6);
        bad.median[3] = f64::NAN;
        bad.low.clear();
        let chart = svg("not finite", &[bad], 0.6, 5).expect("chart");
        assert!(!chart.contains("NaN") && !chart.contains("inf"), "{chart}");
    }
}
