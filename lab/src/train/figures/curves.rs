//! `curves.html`: loss and accuracy of a run, epoch by epoch.

use anyhow::Result;

use crate::page::{Axis, Chart, Page, Series, Table};
use crate::train::kept::history::{Epoch, Phase};

/// The curves of a run as a page. Epochs of the quantisation-aware phase follow on those of the float phase.
///
/// # Errors
/// When a figure cannot be drawn.
pub fn curves(name: &str, history: &[Epoch]) -> Result<Page> {
    let loss = chart("loss", history, |e| e.loss, |e| e.validation_loss);
    let accuracy = chart("accuracy", history, |e| e.accuracy, |e| e.validation_balanced);
    Ok(Page::new(format!("Training of {name}"))
        .figure(
            loss.svg()?,
            "Cross-entropy. Training: the drawn, distorted clips, with dropout and smoothed labels, so it may lie above \
             validation: the clean clips, mean over the labels.",
        )
        .figure(accuracy.svg()?, "Share of clips that are right; of validation the mean over the labels.")
        .heading("Phases")
        .table(phases(history)))
}

fn chart(
    figure: &str,
    history: &[Epoch],
    training: impl Fn(&Epoch) -> f64,
    validation: impl Fn(&Epoch) -> f64,
) -> Chart {
    let mut chart = Chart::new(Axis::new("epoch"), Axis::new(figure));
    for phase in Phase::ALL {
        let epochs: Vec<(f64, &Epoch)> =
            (1..).map(f64::from).zip(history).filter(|(_, e)| e.phase == phase).collect();
        if epochs.is_empty() {
            continue;
        }
        chart = chart
            .with(Series::dashes(format!("training, {phase}"), epochs.iter().map(|(x, e)| (*x, training(e)))))
            .with(Series::line(
                format!("validation, {phase}"),
                epochs.iter().map(|(x, e)| (*x, validation(e))),
            ));
    }
    chart
}

/// What each phase came to.
fn phases(history: &[Epoch]) -> Table {
    let mut table =
        Table::new(["phase", "epochs", "best epoch", "its loss", "its top-1", "balanced", "seconds"]);
    for phase in Phase::ALL {
        let epochs = || history.iter().filter(move |e| e.phase == phase);
        let best = epochs().min_by(|a, b| a.validation_loss.total_cmp(&b.validation_loss));
        let Some(best) = best else { continue };
        table = table.row([
            phase.to_string(),
            epochs().count().to_string(),
            best.epoch.to_string(),
            format!("{:.4}", best.validation_loss),
            format!("{:.4}", best.validation_top1),
            format!("{:.4}", best.validation_balanced),
            format!("{:.0}", epochs().map(|e| e.seconds).sum::<f64>()),
        ]);
    }
    table
}
