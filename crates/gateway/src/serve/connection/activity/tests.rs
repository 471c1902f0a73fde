use super::*;
use std::thread::sleep;

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(60);
const LENIENT: ConnectionLimits = ConnectionLimits {
    first_byte: LONG,
    head: LONG,
    write: LONG,
    linger: LONG,
    keep_alive: LONG,
    requests: 9,
    streams: 1,
};

fn verdict(activity: &Activity, closing: bool, bounds: ConnectionLimits) -> Option<NextAction> {
    match activity.verdict(closing, &bounds) {
        NextAction::Wait(_) => None,
        other => Some(other),
    }
}

#[test]
fn each_wait_has_its_own_limit() {
    let activity = Activity::new();
    sleep(SHORT * 2);
    let silent = ConnectionLimits { first_byte: SHORT, ..LENIENT };
    assert_eq!(verdict(&activity, false, silent), Some(NextAction::Close));

    activity.came();
    activity.awaited();
    assert!(activity.noted() && !activity.noted());
    assert_eq!(verdict(&activity, false, silent), None, "it has said something");
    sleep(SHORT * 2);
    let head = ConnectionLimits { head: SHORT, ..LENIENT };
    assert_eq!(verdict(&activity, false, head), Some(NextAction::Close));

    activity.begin(Version::HTTP_11, &LENIENT);
    sleep(SHORT * 2);
    let short = ConnectionLimits { first_byte: SHORT, head: SHORT, keep_alive: SHORT, ..LENIENT };
    assert_eq!(verdict(&activity, false, short), None, "while it is busy");
    activity.end(true);
    assert_eq!(verdict(&activity, false, short), None, "it has just ended");
    sleep(SHORT * 2);
    assert_eq!(verdict(&activity, false, short), Some(NextAction::Close));
}

#[test]
fn a_reader_is_slow_where_it_takes_nothing() {
    let (activity, bounds) = (Activity::new(), ConnectionLimits { write: SHORT, ..LENIENT });
    activity.begin(Version::HTTP_11, &LENIENT);
    activity.stalled();
    sleep(SHORT * 2);
    let slow = Some(NextAction::BreakOff(CloseReason::SlowReader));
    assert_eq!((verdict(&activity, false, bounds), verdict(&activity, true, bounds)), (slow, slow));
    activity.went();
    assert_eq!(verdict(&activity, false, bounds), None);
}

#[test]
fn row_14_2i_a_connection_rests_where_nothing_is_left_of_any_request() {
    let activity = Activity::new();
    let waits = || {
        activity.went();
        activity.awaited();
    };
    waits();
    assert!(activity.may_rest().is_none(), "nothing was asked yet");
    activity.begin(Version::HTTP_11, &LENIENT);
    activity.body_begins();
    waits();
    assert!(activity.may_rest().is_none(), "a response is under way");
    activity.end(true);
    assert!(activity.may_rest().is_none(), "what comes next is of a body");
    activity.body_ends();
    assert!(activity.may_rest().is_some());
    activity.stalled();
    assert!(activity.may_rest().is_none(), "something is not written yet");
    waits();
    activity.came();
    activity.awaited();
    assert!(activity.may_rest().is_none(), "a head has begun");
    activity.begin(Version::HTTP_11, &LENIENT);
    activity.end(true);
    assert!(activity.may_rest().is_some());
    activity.tell_to_close();
    assert!(activity.may_rest().is_none(), "it is to end");
}

#[test]
fn what_is_closing_may_move_and_finish() {
    let activity = Activity::new();
    activity.closing();
    assert_eq!(verdict(&activity, true, LENIENT), None);
    assert_eq!(verdict(&activity, true, LENIENT), Some(NextAction::BreakOff(CloseReason::Unmoved)));
    activity.begin(Version::HTTP_2, &LENIENT);
    assert_eq!(verdict(&activity, true, LENIENT), None);
}

#[test]
fn row_24_the_bytes_of_a_late_head_keep_no_connection() {
    let late = ConnectionLimits { head: SHORT, ..LENIENT };
    for requests in [0, 1] {
        let activity = Activity::new();
        for _ in 0..requests {
            activity.begin(Version::HTTP_11, &LENIENT);
            activity.end(true);
        }
        activity.came();
        activity.awaited();
        sleep(SHORT * 2);
        assert_eq!(verdict(&activity, false, late), Some(NextAction::Close));
        activity.closing();
        assert_eq!(verdict(&activity, true, late), None, "it is told that it ends");
        activity.came();
        assert_eq!(verdict(&activity, true, late), Some(NextAction::BreakOff(CloseReason::Unmoved)));
        activity.came();
        assert_eq!(verdict(&activity, true, LENIENT), None, "a head that may still come");
    }
}

#[test]
fn abandoning_is_abuse_where_it_is_all_that_is_done() {
    let (activity, bounds) = (Activity::new(), ConnectionLimits { requests: 1000, ..LENIENT });
    for number in 0..300 {
        activity.begin(Version::HTTP_2, &bounds);
        activity.end(number % 2 == 0);
    }
    assert_eq!(activity.is_abused(&bounds), None);
    for _ in 0..2 {
        activity.begin(Version::HTTP_2, &bounds);
        activity.end(false);
    }
    assert_eq!(activity.is_abused(&bounds), Some(CloseReason::Abandoned));
    let (greedy, few) = (Activity::new(), ConnectionLimits { requests: 2, ..LENIENT });
    let last: Vec<bool> = (0..4).map(|_| greedy.begin(Version::HTTP_2, &few)).collect();
    assert_eq!(last, [false, true, true, true]);
    assert_eq!(greedy.is_abused(&few), Some(CloseReason::Unending));
}
