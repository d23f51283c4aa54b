// What happens in a case of each type, from the report to what follows its closing.
#pragma once

#include "services/year/story.h"

namespace caseward::year {

// Tells the whole of it, or as far as lines are wanted.
void Tell(Story& story);

// ---- parts of it, in tellings_parts.cc

using WithWhom = v1::RecordContact::With;
// Whom we speak to: the victim where somebody is one, else who reported.
WithWhom TheirSide(const Story& story);
// From the report to an owner.
void Begin(Story& story, bool another_matter);
// Speaks to them, and does what the type of the case asks for at once.
void FirstDays(Story& story);
// What is done about it; `again`: after it was reopened.
void Middle(Story& story, bool again);
// Ends the safeguarding concern, if there is one.
void Settle(Story& story);

}  // namespace caseward::year
