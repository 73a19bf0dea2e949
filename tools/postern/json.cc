// Boost.JSON, compiled here once: Debian's headers alone are enough, and nothing needs linking.
#include <boost/json/src.hpp>
