//! A day takes no memory: what a run needs, it has from go-live on.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use homeostat_sim::{
    bench::{Plan, Tier, FIRST_SEED},
    policy::Policy,
    run::Case,
    scenario::Scenario,
};

/// The system's allocator, counting.
struct Counting;

thread_local! {
    /// Those of this thread: the test's own harness allocates in another.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        System.dealloc(pointer, layout);
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        System.realloc(pointer, layout, size)
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_day_with_its_crank_allocates_nothing_after_go_live() {
    let mut plan = Plan::new(Tier::Smoke);
    plan.setting.people = 300;
    plan.setting.calendar.epochs = 120;
    let mut busy = Vec::new();
    for scenario in Scenario::ALL {
        for policy in Policy::ALL {
            // Given an economy at go-live,
            let case = Case {
                scenario,
                policy,
                seed: FIRST_SEED,
            };
            let mut run = plan.prepare(case).expect("a run");
            let before = ALLOCATIONS.get();
            // when it lives through all its days, with a crank each,
            let result = run.world.run(&mut run.steer);
            let allocations = ALLOCATIONS.get() - before;
            assert!(result.is_ok());
            assert_eq!(run.world.days().len(), 120);
            if allocations > 0 {
                busy.push((scenario.name(), policy.name(), allocations));
            }
        }
    }
    // then nothing was allocated.
    assert!(busy.is_empty(), "allocations in 120 days: {busy:#?}");
    // And the counter counts.
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(Box::new(1_u64)));
    assert_eq!(ALLOCATIONS.get(), before + 1);
}
