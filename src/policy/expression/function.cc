// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/function.h"

namespace assay {

std::span<const CelSignature> cel_signatures() {
  using enum CelKind;
  using enum CelCallForm;
  using F = CelFunction;
  static const std::vector<CelSignature> kSignatures = {
      {"size", either, {string}, integer, F::size},
      {"size", either, {bytes}, integer, F::size},
      {"size", either, {list}, integer, F::size},
      {"size", either, {map}, integer, F::size},
      {"startsWith", member, {string, string}, boolean, F::starts_with},
      {"endsWith", member, {string, string}, boolean, F::ends_with},
      {"contains", member, {string, string}, boolean, F::contains},
      {"matches", either, {string, string}, boolean, F::matches},
      {"int", global, {integer}, integer, F::to_int},
      {"int", global, {unsigned_integer}, integer, F::to_int},
      {"int", global, {floating}, integer, F::to_int},
      {"int", global, {string}, integer, F::to_int},
      {"int", global, {timestamp}, integer, F::to_int},
      {"uint", global, {unsigned_integer}, unsigned_integer, F::to_uint},
      {"uint", global, {integer}, unsigned_integer, F::to_uint},
      {"uint", global, {floating}, unsigned_integer, F::to_uint},
      {"uint", global, {string}, unsigned_integer, F::to_uint},
      {"double", global, {floating}, floating, F::to_double},
      {"double", global, {integer}, floating, F::to_double},
      {"double", global, {unsigned_integer}, floating, F::to_double},
      {"double", global, {string}, floating, F::to_double},
      {"string", global, {string}, string, F::to_string},
      {"string", global, {boolean}, string, F::to_string},
      {"string", global, {integer}, string, F::to_string},
      {"string", global, {unsigned_integer}, string, F::to_string},
      {"string", global, {floating}, string, F::to_string},
      {"string", global, {bytes}, string, F::to_string},
      {"string", global, {timestamp}, string, F::to_string},
      {"string", global, {duration}, string, F::to_string},
      {"bytes", global, {bytes}, bytes, F::to_bytes},
      {"bytes", global, {string}, bytes, F::to_bytes},
      {"bool", global, {boolean}, boolean, F::to_bool},
      {"bool", global, {string}, boolean, F::to_bool},
      {"timestamp", global, {timestamp}, timestamp, F::to_timestamp},
      {"timestamp", global, {string}, timestamp, F::to_timestamp},
      {"timestamp", global, {integer}, timestamp, F::to_timestamp},
      {"duration", global, {duration}, duration, F::to_duration},
      {"duration", global, {string}, duration, F::to_duration},
      {"getFullYear", member, {timestamp}, integer, F::full_year},
      {"getMonth", member, {timestamp}, integer, F::month},
      {"getDate", member, {timestamp}, integer, F::date},
      {"getDayOfMonth", member, {timestamp}, integer, F::day_of_month},
      {"getDayOfWeek", member, {timestamp}, integer, F::day_of_week},
      {"getDayOfYear", member, {timestamp}, integer, F::day_of_year},
      {"getHours", member, {timestamp}, integer, F::hours},
      {"getHours", member, {duration}, integer, F::hours},
      {"getMinutes", member, {timestamp}, integer, F::minutes},
      {"getMinutes", member, {duration}, integer, F::minutes},
      {"getSeconds", member, {timestamp}, integer, F::seconds},
      {"getSeconds", member, {duration}, integer, F::seconds},
      {"getMilliseconds", member, {timestamp}, integer, F::milliseconds},
      {"getMilliseconds", member, {duration}, integer, F::milliseconds},
  };
  return kSignatures;
}

}  // namespace assay
