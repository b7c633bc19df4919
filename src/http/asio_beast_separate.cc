// SPDX-License-Identifier: Apache-2.0
// The one place where the bodies of Asio's and Beast's functions are compiled
// (BOOST_ASIO_SEPARATE_COMPILATION, BOOST_BEAST_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
