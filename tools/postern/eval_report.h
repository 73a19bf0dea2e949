// EvalReport: what `postern eval` says about the results of one or more orders.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "classify/evaluation.h"
#include "filter/policy.h"

namespace postern {

// One run over the messages in one order.
struct EvalRun {
  std::vector<Scored> results;
  std::vector<std::string> kinds;  // of each result; empty when no message has a kind
  double cpu_seconds = 0;
};

// Whole report for people: the measures of the first order, of each further one and their means,
// and tables of reliability and of kinds over all orders.
void print_eval_report(const std::vector<EvalRun>& runs, const Policy& policy);
boost::json::object eval_report_json(const std::vector<EvalRun>& runs, const Policy& policy);

// Log odds at which a score in points stands.
double log_odds_of(MilliPoints points);
// Most memory that this process has held, in octets.
std::uint64_t peak_memory();

}  // namespace postern
