//! Incidents from the first call to the lesson.
