//! Runs over a bank in process, with the real loader and the real program.

#[path = "runs/deployments.rs"]
mod deployments;
#[path = "runs/economies.rs"]
mod economies;
#[path = "runs/hand_over.rs"]
mod hand_over;
#[path = "runs/site.rs"]
mod site;
