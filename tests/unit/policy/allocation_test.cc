// Evaluating a rule allocates nothing (design §9). Counted by this binary's own operator new.
#include <cstdlib>
#include <new>

#include "condition_world.h"

namespace {
thread_local size_t allocations = 0;
}  // namespace

// Not inlined: the compiler would take free() for a mistake where it sees into delete.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace caseward {
namespace {

TEST(Condition, AllocatesNothingWhenEvaluated) {
  World world;
  world.verb = "contact";
  world.asked = FromText<v1::Event>(
      R"(contact_made { with: WITH_VICTIM channel: "a channel whose name is longer than any small string" })");
  world.command.mutable_record_contact();
  world.lines.Add("2026-06-08T09:00:00Z", "ann", R"(contact_attempted { channel: "phone" })");
  world.lines.Add("2026-06-09T09:00:00Z", "ann", R"(contact_attempted { channel: "visit" })");
  SetTimestamp(At("2026-06-01T09:00:00Z"), world.state.mutable_opened_at());
  v1::StepState& step = *world.state.add_steps();
  step.set_step("risk_assessed");
  SetTimestamp(At("2026-06-08T09:00:00Z"), step.mutable_at());
  (*step.mutable_fields())["band"].set_code("high");
  world.state.add_flags("hate");
  world.Holds(R"(flag: "hate")");
  v1::SignOffState& given = *world.state.add_sign_offs();
  given.set_subject("closure");
  given.set_role("manager");
  given.set_granted(true);
  given.set_hash(SignOffHash("closure", world.Look()));
  ASSERT_TRUE(world.Holds(R"(all {
    of { flag: "hate" }
    of { last { step: "risk_assessed" where { field: "band" any_of: "high" } within { amount: 5 unit: TIME_UNIT_WORKING_DAY } since: "closure_proposed" } }
    of { count { of { event: "contact_attempted" } at_least: 2 distinct_by: "channel" distinct_at_least: 2 span { amount: 24 unit: TIME_UNIT_HOUR } within { amount: 10 unit: TIME_UNIT_DAY } } }
    of { not { open_actions {} } }
    of { not { clock { clock: "first_contact" status: "running" } } }
    of { priority { any_of: PRIORITY_P2 } }
    of { case_type { any_of: "noise" } }
    of { actor { roles: "officer" is: "owner" is_not: "proposer" human: true min_tier: 1 } }
    of { asked { of { field: "with" any_of: "victim" } of { field: "channel" present: true } of { field: "bulk" any_of: "false" } } }
    of { age { of: "opened" at_least { amount: 3 unit: TIME_UNIT_WORKING_DAY } at_most { amount: 3 unit: TIME_UNIT_MONTH } } }
    of { sign_off { subject: "closure" } }
    of { case_state { of { field: "owner" any_of: "ann" } of { field: "steps" at_least: 1 } } }
    of { resident { of { field: "interpreter" any_of: "false" } } }
    of { checklist: "closing" }
  })"));
  const CompiledRule* rule = world.pack->RulesOn(v1::Command::kRecordContact, "noise")[0];
  const Facts facts = world.Look();

  const size_t before = allocations;
  const bool holds = rule->when->Holds(facts);
  const size_t after = allocations;

  EXPECT_TRUE(holds);
  EXPECT_GT(before, 0u) << "the counter counts";
  EXPECT_EQ(after - before, 0u);
}

}  // namespace
}  // namespace caseward
