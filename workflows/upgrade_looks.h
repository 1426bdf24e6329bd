// How the answers to a run's questions are read, by what the run wants to know: may it start, has
// it started, has it come out well. Pure; what is learned is noted in the facts.
#pragma once

#include <string>

#include "engine/workflow.h"
#include "workflows/cloud_answer.h"
#include "workflows/cloud_api.h"
#include "workflows/cloud_errors.h"
#include "workflows/major_upgrade.h"
#include "workflows/selection.h"
#include "workflows/upgrade_facts.h"

namespace pawl {

/// One answer with what it is read by.
struct Looked {
  const UpgradeGoal& goal;
  const StepRules& rules;
  const Run& run;
  const HttpResponse& answer;
  const Event& event;
  Facts& facts;
};

/// Before a pre-check: is there anything to do, and could it be told apart afterwards?
Reading look_before_check(const Looked& looked);
/// With which look those begin at `now`. A page of the list has shown many at once, and for some
/// minutes it stands for the look at each of them: what has changed since is found before the
/// upgrade, as a change since the check is, and the check made anew. Never for one of which more is
/// known that has it skipped, for that look judges it.
Look first_look_before_check(const UpgradeGoal& goal, const Run& run, Instant now);
/// Keeps for it what such a page told of a run's instance.
void note_listed(Facts& facts, const ListedAs& listed);
/// Before an upgrade: is all still as the check found it, and is nothing of its kind under way?
Reading look_before_upgrade(const Looked& looked);
/// The same before what comes before an upgrade: whatever stands against the upgrade stands against
/// that too, and an upgrade in progress that the run has come to follow needs none of it.
Reading look_before_hook(const Looked& looked);
/// A pre-check whose answer never came (decision 2).
Reading look_for_check(const Looked& looked);
/// An upgrade whose answer never came: only evidence leads out (decisions 2 and 3).
Reading look_for_upgrade(const Looked& looked);
/// After the upgrade: the new instance, and who has which address (decision 24).
Reading look_at_outcome(const Looked& looked);

/// The status in the answer. A 404 whose code no table knows is one of the ways in which the cloud
/// may say that nothing ever ran (cloud-api 1.3), so it shows nothing; a history has to bear it
/// out.
cloud::Answer<cloud::MajorStatus> read_shown(const Looked& looked);
/// The answer is such a 404 to a question for a status.
bool shows_nothing(const Looked& looked);

/// What a look's answer that is no 2xx means in the run's phase. While something of ours may be
/// under way, no refusal of a look decides anything.
Reading read_refusal(const Looked& looked);
/// The same for an answer that cannot be read.
Reading not_readable(const Run& run, const cloud::Unreadable& why);
/// "not yet" in the words of the run's phase: `wait` before an intent, else `again`.
Reading not_yet(const Run& run, std::string reason);

}  // namespace pawl
