//! crosspoint-proto
