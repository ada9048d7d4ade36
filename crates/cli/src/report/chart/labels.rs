//! Labels of events.

use plotters::prelude::*;

use super::super::Event;
use super::axis::TimeAxis;
use super::style::{starting, Area, EVENT};

/// The height of a lane of labels in pixels.
pub const LANE_HEIGHT: u32 = 17;

/// Event labels above the panels, in as many lanes as they need not to overlap.
pub struct Labels {
    /// Left edge in pixels from the plot's own left edge, lane from the bottom, text.
    placed: Vec<(i32, u32, String)>,
    /// How many lanes the labels take.
    pub lanes: u32,
}

impl Labels {
    pub fn place(events: &[Event], time: &TimeAxis, width: u32) -> Self {
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

    pub fn draw(
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
